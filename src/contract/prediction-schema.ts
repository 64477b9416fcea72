import type { OutputFormat } from "../registry/model.ts";
import type { Schema } from "./json-schema.ts";

/** One prediction of a model as a JSON schema, by the output format that it declares. */
export function predictionSchema(format: OutputFormat | undefined): Schema {
  if (format?.field === undefined) return format?.shape === undefined ? valueSchema(format) : shapeSchema(format.shape);
  return format.field
    .split(".")
    .reduceRight<Schema>((inner, step) => (isIndex(step) ? {} : within(step, inner)), valueSchema(format));
}

/** A step that is a number may be an index or a key, so nothing is said of what holds it. */
function isIndex(step: string): boolean {
  return /^\d+$/.test(step);
}

function within(key: string, value: Schema): Schema {
  return { type: "object", required: [key], properties: Object.fromEntries([[key, value]]) };
}

function valueSchema(format: OutputFormat | undefined): Schema {
  const { threshold, comparison = ">=", labels = {} } = format ?? {};
  const words = [
    ...(threshold === undefined ? [] : [`Calls for action when it is ${comparison} ${threshold}.`]),
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
