import { toBinary, toJson } from "@bufbuild/protobuf";
import {
  EvaluateModelResponseSchema,
  PredictResponseSchema,
} from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { yieldIfBusy } from "../../base/yield-if-busy.ts";
import type { CheckedRequest } from "../../predict/checked-request.ts";
import { evaluate } from "../../predict/evaluate.ts";
import { JsonSyntaxError, TooManyValues } from "../../predict/json/json-scanner.ts";
import { requestOfTooManyValues } from "../../predict/json/too-many-values.ts";
import type { Pipeline } from "../../predict/pipeline.ts";
import { type ReadPredictRequest, readPredictRequestInSlices } from "../../predict/transcode/read-predict-request.ts";
import { FastPathMiss } from "../../predict/transcode/wire.ts";
import { writePredictResponseInSlices } from "../../predict/transcode/write-predict-response.ts";
import type { ModelRef } from "../../registry/model-key.ts";
import { evaluationToMessage } from "../rpc/evaluation-messages.ts";
import { predictionResponse, versionOf } from "../rpc/predict-messages.ts";
import { evaluationJson } from "../verdict-json.ts";
import { readJsonRequest } from "./lean-json.ts";
import type { LeanModelMethod } from "./lean-method.ts";
import { writeJsonAnswer } from "./write-json-answer.ts";
import { fitsMessages, restOfVerdictToMessageJson, writeEvaluation } from "./write-verdicts.ts";

/** A prediction request, read from the bytes of its message. */
export interface LeanRequest extends ModelRef {
  readonly form: "instances" | "tensor" | "body";
  readonly body: Uint8Array | CheckedRequest;
}

/** Predict and EvaluateModel, from message bytes to KServe's JSON and back, without message objects for the request. */
export interface LeanPredict {
  readonly predict: LeanModelMethod<LeanRequest>;
  readonly evaluate: LeanModelMethod<LeanRequest>;
}

export function createLeanPredict(pipeline: Pipeline): LeanPredict {
  const { maxJsonDepth, maxTextValues } = pipeline;
  // The first four fields of both requests are the same.
  const read = (message: Uint8Array, json: boolean): LeanRequest | undefined | Promise<LeanRequest | undefined> => {
    try {
      const reading = json
        ? readJsonRequest(message, maxJsonDepth, (ref) => pipeline.rangesOf(ref), maxTextValues)
        : readProto(message, maxJsonDepth, maxTextValues);
      return reading instanceof Promise ? reading.catch(missOf) : reading;
    } catch (error) {
      return missOf(error);
    }
  };
  return {
    predict: {
      read,
      async run(model, { form, body }, call, json) {
        const prediction = await pipeline.predict(model, { ...call, body: () => body });
        const { answer } = prediction;
        const words = { name: model.name, version: versionOf(prediction) };
        if (json) {
          const writing = writeJsonAnswer(words, answer, form);
          const written = writing instanceof Promise ? await writing : writing;
          return (
            written ?? Buffer.from(JSON.stringify(toJson(PredictResponseSchema, predictionResponse(prediction, form))))
          );
        }
        try {
          const written = writePredictResponseInSlices(words, answer, form);
          return written instanceof Promise ? await written : written;
        } catch (error) {
          if (!(error instanceof FastPathMiss)) throw error;
          return toBinary(PredictResponseSchema, predictionResponse(prediction, form));
        }
      },
    },
    evaluate: {
      read,
      async run(model, { body }, call, json) {
        const maxInstances = pipeline.maxVerdicts;
        const prediction = await pipeline.predict(model, { ...call, body: () => body, maxInstances });
        const evaluation = evaluate(prediction);
        const version = versionOf(prediction);
        // Evaluating many predictions and writing the verdicts takes a while.
        const pause = yieldIfBusy();
        if (pause !== undefined) await pause;
        if (json && fitsMessages(evaluation)) return evaluationJson(evaluation, version, restOfVerdictToMessageJson);
        try {
          if (!json) return writeEvaluation(evaluation, version);
        } catch (error) {
          if (!(error instanceof FastPathMiss)) throw error;
        }
        const message = evaluationToMessage(evaluation, version);
        if (!json) return toBinary(EvaluateModelResponseSchema, message);
        return Buffer.from(JSON.stringify(toJson(EvaluateModelResponseSchema, message)));
      },
    },
  };
}

/** Undefined where Connect is to read and check the request. */
function missOf(error: unknown): undefined {
  if (error instanceof FastPathMiss || error instanceof JsonSyntaxError) return undefined;
  if (error instanceof TooManyValues) throw requestOfTooManyValues(error);
  throw error;
}

function readProto(message: Uint8Array, maxDepth: number, maxValues: number): LeanRequest | Promise<LeanRequest> {
  const reading = readPredictRequestInSlices(message, maxDepth, maxValues);
  return reading instanceof Promise ? reading.then(requestOf) : requestOf(reading);
}

function requestOf({ name, namespace, cluster, form, instanceCount, rows, body }: ReadPredictRequest): LeanRequest {
  const input = instanceCount === undefined ? body : { body, instanceCount, rows };
  return { name, namespace, cluster, form, body: input };
}
