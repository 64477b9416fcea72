import type { InputFormat, RegisteredModel } from "../../registry/model.ts";
import type { AnswerForm } from "../../registry/ports.ts";
import { maxReadinessBytes } from "../http/answer-limits.ts";
import type { ModelClient } from "../http/model-client.ts";
import { parseAnswer } from "../http/parse-answer.ts";
import { errorFromStatus } from "../http/upstream-error.ts";
import type { Protocol } from "../protocol.ts";
import { readinessFromResponse } from "./readiness-answer.ts";

const hint = 'A KServe v1 answer is {"predictions": [...]} with one prediction per instance.';
const predictions: AnswerForm = { keys: ["predictions"], hint };
/** TensorFlow Serving answers columns with `outputs`; some servers behind the same format say `predictions`. */
const columns: AnswerForm = { keys: ["outputs", "predictions"], hint };

const answerForms: Readonly<Record<InputFormat, AnswerForm>> = {
  array: predictions,
  record: predictions,
  "record-of-lists": predictions,
  columnar: columns,
};

/** TensorFlow Serving has no list of its models, and KServe's own server lists more names than it serves. */
function pathHint(words: string, { model }: RegisteredModel): string {
  if (model.includes("/")) {
    return "Servers made with KServe's Python library list a name with '/' but cannot serve it over v1: use a name without '/' there, and in the entry's model.";
  }
  return /servable not found/i.test(words)
    ? "Set the entry's model to the name that TensorFlow Serving was started with (--model_name, or name in its config)."
    : "Set the entry's model to the name that the server lists at /v1/models, or correct its url.";
}

/** Speaks KServe's v1 REST API with model servers. */
export function createV1(client: ModelClient): Protocol {
  return {
    name: "kserve-v1",
    title: "KServe v1",
    modelPath: (model) => `/v1/models/${model.model}`,
    predictPath,

    async predict({ model, body, headers, cancellation, holder }) {
      // Exactly this content type: KServe answers 500 when it carries a charset.
      const contentType = "application/json" as const;
      const path = predictPath(model);
      const response = await client.send(model, { path, contentType, headers, body, cancellation, holder });
      const { status, attempts } = response;
      if (status !== 200 && status !== 201) throw errorFromStatus(model, response, { pathHint });
      return { status, body: response.body, attempts, form: answerForms[model.inputFormat] };
    },

    async askReadiness(model, cancellation, closes = false) {
      const { status, location, body } = await client.ask(model, {
        path: pathOf(model),
        maxBytes: maxReadinessBytes,
        cancellation,
        closes,
      });
      return { status, location, readiness: readinessFromResponse(status, body) };
    },

    async askNames(model, cancellation) {
      const { status, body } = await client.ask(model, { path: "/v1/models", cancellation });
      return status === 200 ? namesOf(body) : [];
    },
  };
}

function predictPath(model: RegisteredModel): string {
  return `${pathOf(model)}:predict`;
}

function pathOf(model: RegisteredModel): string {
  return `/v1/models/${encodeURIComponent(model.model)}`;
}

function namesOf(body: Uint8Array): string[] {
  try {
    const { models } = parseAnswer(body) as { models?: unknown };
    return Array.isArray(models) ? models.filter((name) => typeof name === "string") : [];
  } catch {
    return [];
  }
}
