import type { Examples, Parameter, Schema } from "./document.ts";

export const text: Schema = { type: "string" };

/** Points to one of the document's schemas. */
export function refTo(schema: string): Schema {
  return { $ref: `#/components/schemas/${schema}` };
}

/** `true` or `false`; empty counts as left out. */
export const flag: Schema = { ...text, enum: ["true", "false", ""] };

/** A parameter of a query, which may be left out. */
export function inQuery(name: string, description: string, schema: Schema = text): Parameter {
  return { name, in: "query", required: false, description, schema };
}

/** A header of a request, which may be left out. */
export function inHeader(name: string, description: string, schema: Schema = text): Parameter {
  return { name, in: "header", required: false, description, schema };
}

/** A parameter of a path. */
export function inPath(name: string, description: string, schema: Schema = text, examples?: Examples): Parameter {
  return { name, in: "path", required: true, description, schema, ...(examples === undefined ? {} : { examples }) };
}

/** The parameters of a path, in its order, by what they mean. */
export function pathParameters(
  path: string,
  meanings: Readonly<Record<string, readonly [description: string, schema?: Schema]>>,
): readonly Parameter[] {
  return [...path.matchAll(/\{(\w+)\+?\}/g)].map(([, name]) => inPath(name!, ...meanings[name!]!));
}
