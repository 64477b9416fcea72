import type { JsonLimits } from "../../tensors/rest/read-message.ts";
import { DescriptionCache } from "../description-cache.ts";
import { maxReadinessBytes } from "../http/answer-limits.ts";
import type { ModelClient } from "../http/model-client.ts";
import type { BatchLimits } from "../predict-batches.ts";
import type { Protocol } from "../protocol.ts";
import { type DescribedModel, describeModel } from "./describe-model.ts";
import { askModelNames } from "./model-names.ts";
import { modelPath } from "./model-path.ts";
import { passInference } from "./pass-inference.ts";
import { predictRows } from "./predict-rows.ts";
import { readinessFromResponse } from "./readiness-answer.ts";
import type { RestParts } from "./rest-parts.ts";

export interface OpenInferenceRestOptions {
  readonly client: ModelClient;
  readonly v1: RestParts["v1"];
  /** `maxResponseBytes` is how large an answer may become as JSON. */
  readonly limits: BatchLimits;
  readonly json: JsonLimits;
}

/** Speaks the Open Inference Protocol (KServe's v2) with model servers, over REST. */
export function createOpenInferenceRest({ client, v1, limits, json }: OpenInferenceRestOptions): Protocol {
  const described = new DescriptionCache<DescribedModel>(limits.memory, (model, asker) =>
    describeModel(client, model, asker),
  );
  const parts: RestParts = {
    client,
    v1,
    describe: ({ model, cancellation, headers: { authorization } }) =>
      described.of(model, { cancellation, authorization }),
    doubt: (model) => described.doubt(model),
    json,
    limits,
  };
  return {
    name: "open-inference-rest",
    title: "Open Inference Protocol (v2)",
    modelPath: ({ model }) => `/v2/models/${model}`,
    predictPath: (model) => `${modelPath(model)}/infer`,

    predict: (call) => predictRows(parts, call),

    infer: (call) => passInference(parts, call),

    async askMetadata(model, cancellation) {
      return (await described.of(model, { cancellation })).metadata;
    },

    async askReadiness(model, cancellation, closes = false) {
      const { status, location, body } = await client.ask(model, {
        path: `${modelPath(model)}/ready`,
        maxBytes: maxReadinessBytes,
        cancellation,
        closes,
      });
      return { status, location, readiness: readinessFromResponse(status, body) };
    },

    askNames: (model, cancellation) => askModelNames(client, model, cancellation),
  };
}
