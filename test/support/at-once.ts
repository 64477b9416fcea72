import { scanAnswerInSlices } from "../../src/predict/answer-body.ts";
import { checkRequestInSlices } from "../../src/predict/check-request.ts";
import { readPredictRequestInSlices } from "../../src/predict/transcode/read-predict-request.ts";
import { writePredictResponseInSlices } from "../../src/predict/transcode/write-predict-response.ts";

/** Work that may be done in slices, in one slice of any length, and so at once. */
function atOnce<T>(result: T | Promise<T>): T {
  if (result instanceof Promise) throw new Error("it was not done at once");
  return result;
}

const whole = Number.POSITIVE_INFINITY;

export const scanAnswer = (...[bytes, expected, maxDepth]: Parameters<typeof scanAnswerInSlices>) =>
  atOnce(scanAnswerInSlices(bytes, expected, maxDepth, whole));

export const checkRequest = (...[request, features, check]: Parameters<typeof checkRequestInSlices>) =>
  atOnce(checkRequestInSlices(request, features, check, whole));

export const readPredictRequest = (...[bytes, maxDepth, maxValues]: Parameters<typeof readPredictRequestInSlices>) =>
  atOnce(readPredictRequestInSlices(bytes, maxDepth, maxValues, whole));

export const writePredictResponse = (...[model, answer, form]: Parameters<typeof writePredictResponseInSlices>) =>
  atOnce(writePredictResponseInSlices(model, answer, form, whole));
