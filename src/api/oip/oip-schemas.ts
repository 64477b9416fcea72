import type { Schema } from "../rest/openapi/document.ts";

const text: Schema = { type: "string" };

/** What the Open Inference Protocol sends and takes, for the OpenAPI document. */
export const oipSchemas = {
  OipServer: {
    type: "object",
    required: ["name", "version", "extensions"],
    properties: { name: text, version: text, extensions: { type: "array", items: text } },
  },

  OipLive: { type: "object", required: ["live"], properties: { live: { type: "boolean", const: true } } },

  OipReady: { type: "object", required: ["ready"], properties: { ready: { type: "boolean", const: true } } },

  OipIndexRequest: {
    type: "object",
    properties: { ready: { type: "boolean", description: "Only models that can be used." } },
    additionalProperties: true,
  },

  OipIndex: {
    type: "array",
    items: {
      type: "object",
      required: ["name", "version", "state"],
      properties: {
        name: text,
        version: { ...text, description: "Empty: which versions there are is the model server's to say." },
        state: { ...text, enum: ["READY", "UNAVAILABLE", "UNKNOWN"] },
        reason: { ...text, description: "Why it cannot be used." },
      },
    },
  },
} as const satisfies Readonly<Record<string, Schema>>;

export type OipSchema = keyof typeof oipSchemas;

/** Points to one of them. */
export function oipRef(schema: OipSchema): Schema {
  return { $ref: `#/components/schemas/${schema}` };
}
