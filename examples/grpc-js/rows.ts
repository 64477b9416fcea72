/** A value of JSON. */
export type Json = null | number | string | boolean | readonly Json[] | { readonly [name: string]: Json };

/**
 * Rows as the instances of a request, a `google.protobuf.ListValue`.
 *
 * @param rows each a list of cells in the order of the features, an object of cells by feature name, or a single value
 */
export function instancesOf(rows: readonly Json[]): object {
  return { values: rows.map(toValue) };
}

function toValue(json: Json): object {
  if (json === null) return { nullValue: "NULL_VALUE" };
  switch (typeof json) {
    case "number":
      return { numberValue: json };
    case "string":
      return { stringValue: json };
    case "boolean":
      return { boolValue: json };
  }
  if (Array.isArray(json)) return { listValue: instancesOf(json) };
  return {
    structValue: { fields: Object.fromEntries(Object.entries(json).map(([name, cell]) => [name, toValue(cell)])) },
  };
}

/** A `google.protobuf.Value`, such as the predictions of an answer, as JSON. */
// biome-ignore lint/suspicious/noExplicitAny: messages are what the protos say, which no compiler has read
export function fromValue(value: any): Json {
  switch (value.kind) {
    case "nullValue":
      return null;
    case "listValue":
      return value.listValue.values.map(fromValue);
    case "structValue":
      return Object.fromEntries(
        Object.entries(value.structValue.fields).map(([name, cell]) => [name, fromValue(cell)]),
      );
    default:
      return value[value.kind];
  }
}
