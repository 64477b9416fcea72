import type { ModelEntry, OutputFormat } from "../registry/model.ts";
import { type ModelRef, refText } from "../registry/model-key.ts";
import { modelComment } from "./comment.ts";
import type { Contract } from "./contract.ts";
import { messageNames } from "./contract-names.ts";
import { requestSchemas, type Schema } from "./json-schema.ts";

/** The meaning of each status of a failed prediction. */
const failures: Readonly<Record<string, string>> = {
  "400": "The request is invalid, or the model rejected it. The error names the invalid cell.",
  "404": "The model is no longer registered.",
  "413": "The request is too large.",
  "415": "The request is not JSON.",
  "429": "Too many predictions are in flight; retry after `retry-after` seconds.",
  "502": "The model failed, or its response is not a prediction.",
  "503": "The model is not ready or not reachable; retry after `retry-after` seconds.",
  "504": "The model did not respond in time.",
  default: "Any other failure.",
};

/** The predictions of one model over HTTP, as an OpenAPI 3.1 document from which a client can be generated. */
export function openapi(model: ModelEntry, contract: Contract): object {
  const refs = "#/components/schemas/";
  const failure = (description: string): object => ({
    description,
    content: { "application/json": { schema: { $ref: `${refs}Error` } } },
  });
  return {
    openapi: "3.1.1",
    info: {
      title: contract.names.serviceName,
      version: "v1",
      summary: `Predictions of the model ${refText(contract.ref)}`,
      description: modelComment(model).join("\n\n"),
    },
    servers: [{ url: "/", description: "The server that returned this document." }],
    paths: {
      [predictRoute(contract.ref)]: {
        post: {
          operationId: "predict",
          summary: `Get predictions from ${model.name}`,
          requestBody: {
            required: true,
            content: { "application/json": { schema: { $ref: refs + messageNames.request } } },
          },
          responses: {
            "200": {
              description: "The predictions, as the model returned them. NaN and infinities may be bare words.",
              content: { "application/json": { schema: { $ref: refs + messageNames.response } } },
            },
            ...Object.fromEntries(Object.entries(failures).map(([status, words]) => [status, failure(words)])),
          },
        },
      },
    },
    components: { schemas: { ...requestSchemas(model, refs), ...answerSchemas(model) } },
  };
}

function predictRoute({ name, namespace = "" }: ModelRef): string {
  const place = namespace === "" ? "" : `/namespaces/${namespace}`;
  return `/api/v1${place}/models/${encodeURIComponent(name)}/predict`;
}

function answerSchemas({ outputFormat }: ModelEntry): Record<string, Schema> {
  return {
    [messageNames.response]: {
      type: "object",
      required: ["predictions"],
      properties: {
        predictions: {
          description: "One per instance, in the same order.",
          type: "array",
          items: { $ref: `#/components/schemas/${messageNames.prediction}` },
        },
      },
    },
    [messageNames.prediction]: predictionSchema(outputFormat),
    Error: {
      type: "object",
      required: ["error"],
      properties: { error: { description: "What is wrong.", type: "string" } },
    },
  };
}

/** One prediction of a model as a JSON schema, by the output format that it declares. */
function predictionSchema(format: OutputFormat | undefined): Schema {
  if (format?.field === undefined) return format?.shape === undefined ? valueSchema(format) : shapeSchema(format.shape);
  return format.field
    .split(".")
    .reduceRight<Schema>((inner, step) => (isIndex(step) ? {} : within(step, inner)), valueSchema(format));
}

/** A numeric step may be an index or a key, so the schema leaves its container open. */
function isIndex(step: string): boolean {
  return /^\d+$/.test(step);
}

function within(key: string, value: Schema): Schema {
  return { type: "object", required: [key], properties: Object.fromEntries([[key, value]]) };
}

function valueSchema(format: OutputFormat | undefined): Schema {
  const { threshold, comparison = ">=", labels = {} } = format ?? {};
  const words = [
    ...(threshold === undefined ? [] : [`Needs action if ${comparison} ${threshold}.`]),
    ...Object.entries(labels).map(([value, label]) => `${value} means ${label}.`),
  ];
  return {
    ...(words.length === 0 ? {} : { description: words.join(" ") }),
    ...(threshold === undefined ? {} : { type: "number" }),
  };
}

function shapeSchema(shape: readonly number[]): Schema {
  return shape.reduceRight<Schema>((items, size) => ({ type: "array", minItems: size, maxItems: size, items }), {});
}
