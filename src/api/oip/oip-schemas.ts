import { datatypeNames } from "../../tensors/datatype.ts";
import type { Schema } from "../rest/openapi/document.ts";
import { refTo, text } from "../rest/openapi/parameter.ts";

/** Of a tensor, in a request. */
const name: Schema = { ...text, minLength: 1 };

const datatype: Schema = { ...text, enum: datatypeNames };

const tensorMetadata: Schema = {
  type: "object",
  required: ["name", "datatype", "shape"],
  properties: { name: text, datatype: text, shape: { type: "array", items: { type: "integer", minimum: -1 } } },
};

const parameters: Schema = {
  type: ["object", "null"],
  additionalProperties: { type: ["string", "number", "boolean"] },
};

const tensor: Schema = {
  type: "object",
  required: ["name", "datatype", "shape"],
  properties: {
    name,
    datatype,
    shape: { type: "array", maxItems: 32, items: { type: "integer", minimum: 0 } },
    parameters,
    data: {
      type: "array",
      description:
        "The elements, flat or nested as the shape says. Omitted if the parameters contain `binary_data_size`.",
      items: {},
    },
  },
};

/** What the Open Inference Protocol sends and takes, for the OpenAPI document. */
export const oipSchemas = {
  OipServer: {
    type: "object",
    required: ["name", "version", "extensions"],
    properties: { name: text, version: text, extensions: { type: "array", items: text } },
  },

  OipLive: { type: "object", required: ["live"], properties: { live: { type: "boolean", const: true } } },

  OipReady: { type: "object", required: ["ready"], properties: { ready: { type: "boolean", const: true } } },

  OipModel: {
    type: "object",
    required: ["name", "versions", "platform", "inputs", "outputs"],
    properties: {
      name: text,
      versions: { type: "array", description: "Empty if the model server names none.", items: text },
      platform: { ...text, description: "What runs the model. Empty if the model server does not say." },
      inputs: { type: "array", items: tensorMetadata },
      outputs: { type: "array", items: tensorMetadata },
    },
  },

  OipInferRequest: {
    type: "object",
    required: ["inputs"],
    properties: {
      id: { ...text, description: "Returned in the response." },
      parameters,
      inputs: { type: "array", minItems: 1, items: tensor },
      outputs: {
        type: "array",
        description: "The outputs to return, in this order. Omitted: all of them.",
        items: { type: "object", required: ["name"], properties: { name, parameters } },
      },
    },
  },

  OipInferResponse: {
    type: "object",
    required: ["model_name", "outputs"],
    properties: {
      model_name: text,
      model_version: { type: ["string", "null"], description: "Present if the model server provides it." },
      id: text,
      parameters,
      outputs: { type: "array", items: tensor },
    },
  },

  OipIndexRequest: {
    type: "object",
    properties: { ready: { type: "boolean", description: "Only ready models." } },
    additionalProperties: true,
  },

  OipIndex: {
    type: "array",
    items: {
      type: "object",
      required: ["name", "version", "state"],
      properties: {
        name: text,
        version: { ...text, description: "Always empty: only the model server knows its versions." },
        state: { ...text, enum: ["READY", "UNAVAILABLE", "UNKNOWN"] },
        reason: { ...text, description: "Why it is not ready." },
      },
    },
  },
} as const satisfies Readonly<Record<string, Schema>>;

export type OipSchema = keyof typeof oipSchemas;

/** Points to one of them. */
export function oipRef(schema: OipSchema): Schema {
  return refTo(schema);
}
