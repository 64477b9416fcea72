import { toBinary, toJson } from "@bufbuild/protobuf";
import { PredictResponseSchema } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { JsonScanner, JsonSyntaxError } from "../../predict/json/json-scanner.ts";
import type { Pipeline, PredictCall } from "../../predict/pipeline.ts";
import type { CheckedRequest } from "../../predict/request-body.ts";
import { jsonRows } from "../../predict/rows/json-rows.ts";
import type { NumberRanges } from "../../predict/rows/number-ranges.ts";
import { safeJsonDepth } from "../../predict/transcode/message-depth.ts";
import { readPredictRequest } from "../../predict/transcode/read-predict-request.ts";
import { FastPathMiss, fastPathMiss } from "../../predict/transcode/wire.ts";
import { writePredictResponse } from "../../predict/transcode/write-predict-response.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import { predictionResponse } from "../rpc/predict-messages.ts";

/** A prediction that is asked for, read off the bytes of its message. */
export interface LeanRequest {
  readonly name: string;
  readonly form: "instances" | "tensor" | "body";
  readonly body: Uint8Array | CheckedRequest;
}

/** The codecs of Predict between message bytes and KServe's JSON text, without message objects between. */
export interface LeanPredict {
  /** @returns undefined for anything but the plain form, good or bad */
  read(message: Uint8Array, json: boolean): LeanRequest | undefined;
  /** Predicts, and writes the bytes of the answer. Throws RegistryError. */
  predict(
    model: RegisteredModel,
    request: LeanRequest,
    call: Omit<PredictCall, "body">,
    json: boolean,
  ): Promise<Uint8Array>;
}

export function createLeanPredict(pipeline: Pipeline): LeanPredict {
  const { maxJsonDepth } = pipeline;
  return {
    read(message, json) {
      try {
        return json
          ? readJson(message, maxJsonDepth, (name) => pipeline.rangesOf(name))
          : readProto(message, maxJsonDepth);
      } catch (error) {
        if (error instanceof FastPathMiss || error instanceof JsonSyntaxError) return undefined;
        throw error;
      }
    },

    async predict(model, { form, body }, call, json) {
      const prediction = await pipeline.predict(model, { ...call, body: () => body });
      const { answer } = prediction;
      if (json) {
        const plain =
          !answer.hasNonFinite &&
          answer.scanner.deepest < safeJsonDepth &&
          [...answer.others.keys()].every((key) => key === "model_name");
        if (plain)
          return jsonResponse(model.name, answer.bytes.subarray(answer.predictions.start, answer.predictions.end));
        return Buffer.from(JSON.stringify(toJson(PredictResponseSchema, predictionResponse(prediction, form))));
      }
      try {
        return writePredictResponse(model.name, answer, form);
      } catch (error) {
        if (!(error instanceof FastPathMiss)) throw error;
        return toBinary(PredictResponseSchema, predictionResponse(prediction, form));
      }
    },
  };
}

function readProto(message: Uint8Array, maxDepth: number): LeanRequest {
  const { name, form, body, instanceCount, rows } = readPredictRequest(message, maxDepth);
  return { name, form, body: instanceCount === undefined ? body : { body, instanceCount, rows } };
}

const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const openInstances = Buffer.from('{"instances":');
const close = Buffer.from("}");

/** Takes `{"name": "...", "instances": [...]}` and nothing else, and passes the bytes of the instances on. */
function readJson(
  message: Uint8Array,
  maxDepth: number,
  rangesOf: (name: string) => NumberRanges | undefined,
): LeanRequest {
  const scanner = new JsonScanner(message, maxDepth, { uniqueNames: true });
  const start = scanner.space(0);
  if (message[start] !== OPEN_BRACE) throw fastPathMiss;
  let name: string | undefined;
  let body: CheckedRequest | undefined;
  scanner.end(
    scanner.object(start, 0, (key, valueStart) => {
      if (key === "name" && message[valueStart] === QUOTE) {
        const end = scanner.value(valueStart, 1);
        name = scanner.text(valueStart, end);
        return end;
      }
      if (key !== "instances" || message[valueStart] !== OPEN_BRACKET) throw fastPathMiss;
      // Where the name comes first, the rows are checked in the same pass.
      const ranges = name === undefined ? undefined : rangesOf(name);
      const end = scanner.list(valueStart, 1, ranges);
      const { itemCount: instanceCount, rowsFit: fit } = scanner;
      body = {
        body: Buffer.concat([openInstances, message.subarray(valueStart, end), close]),
        instanceCount,
        rows: jsonRows(scanner, valueStart, { ranges, fit }),
      };
      return end;
    }),
  );
  // Empty lists and non-finite numbers are for the general way to refuse.
  if (name === undefined || body === undefined || body.instanceCount === 0 || scanner.sawNonFinite) throw fastPathMiss;
  return { name, form: "instances", body };
}

function jsonResponse(modelName: string, predictions: Uint8Array): Uint8Array {
  return Buffer.concat([
    Buffer.from('{"predictions":'),
    predictions,
    Buffer.from(`,"modelName":${JSON.stringify(modelName)}}`),
  ]);
}
