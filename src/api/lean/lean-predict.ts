import { toBinary, toJson } from "@bufbuild/protobuf";
import { PredictResponseSchema } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { JsonSyntaxError } from "../../predict/json/json-scanner.ts";
import type { Pipeline, PredictCall } from "../../predict/pipeline.ts";
import type { CheckedRequest } from "../../predict/request-body.ts";
import { readPredictRequest } from "../../predict/transcode/read-predict-request.ts";
import { FastPathMiss } from "../../predict/transcode/wire.ts";
import { writePredictResponse } from "../../predict/transcode/write-predict-response.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import { predictionResponse, versionOf } from "../rpc/predict-messages.ts";
import { readJsonRequest, writeJsonAnswer } from "./lean-json.ts";

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
          ? readJsonRequest(message, maxJsonDepth, (name) => pipeline.rangesOf(name))
          : readProto(message, maxJsonDepth);
      } catch (error) {
        if (error instanceof FastPathMiss || error instanceof JsonSyntaxError) return undefined;
        throw error;
      }
    },

    async predict(model, { form, body }, call, json) {
      const prediction = await pipeline.predict(model, { ...call, body: () => body });
      const { answer } = prediction;
      const words = { name: model.name, version: versionOf(answer) };
      if (json) {
        const written = writeJsonAnswer(words, answer, form);
        return (
          written ?? Buffer.from(JSON.stringify(toJson(PredictResponseSchema, predictionResponse(prediction, form))))
        );
      }
      try {
        return writePredictResponse(words, answer, form);
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
