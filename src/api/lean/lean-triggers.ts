import { toBinary, toJson } from "@bufbuild/protobuf";
import {
  EvaluateTriggersResponseSchema,
  TriggeredModelSchema,
} from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { evaluateTriggers, type TriggeredModel, tooManySamples } from "../../predict/evaluate-triggers.ts";
import { JsonSyntaxError, TooManyValues } from "../../predict/json/json-scanner.ts";
import type { Pipeline } from "../../predict/pipeline.ts";
import { FastPathMiss } from "../../predict/transcode/wire.ts";
import type { Registry } from "../../registry/registry.ts";
import { predictCallOf } from "../predict-call.ts";
import { triggeredModelToMessage, triggeredToMessage } from "../rpc/evaluation-messages.ts";
import { triggeredJson } from "../verdict-json.ts";
import type { LeanMethod } from "./lean-method.ts";
import { readJsonTriggersRequest, readTriggersRequest, type TriggersRequest } from "./read-triggers-request.ts";
import { fitsMessages, restOfVerdictToMessageJson, writeTriggered } from "./write-verdicts.ts";

/** EvaluateTriggers from bytes to bytes, without message objects for samples and verdicts. */
export function createLeanTriggers(deps: {
  readonly registry: Registry;
  readonly pipeline: Pipeline;
}): LeanMethod<TriggersRequest> {
  return {
    read(message, json) {
      try {
        return json ? readJsonTriggersRequest(message, deps.pipeline.maxJsonDepth) : readTriggersRequest(message);
      } catch (error) {
        if (error instanceof FastPathMiss || error instanceof JsonSyntaxError) return undefined;
        if (error instanceof TooManyValues) throw tooManySamples();
        throw error;
      }
    },

    async answer({ samples, filter }, call, json) {
      const models = await evaluateTriggers(deps, samples, filter, call.access, predictCallOf(call));
      try {
        if (!json) return await writeTriggered(models);
        if (models.every(fits)) return await triggeredJson(models, memberOf, restOfVerdictToMessageJson);
      } catch (error) {
        if (!(error instanceof FastPathMiss)) throw error;
      }
      const message = triggeredToMessage(models);
      if (!json) return toBinary(EvaluateTriggersResponseSchema, message);
      return Buffer.from(JSON.stringify(toJson(EvaluateTriggersResponseSchema, message)));
    },
  };
}

function fits({ outcome }: TriggeredModel): boolean {
  return outcome.kind !== "evaluation" || fitsMessages(outcome.evaluation);
}

function memberOf(triggered: TriggeredModel): object {
  return toJson(TriggeredModelSchema, triggeredModelToMessage(triggered)) as object;
}
