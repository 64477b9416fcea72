import { snakeCase } from "../../base/snake-case.ts";

/**
 * The type of a field's value: `string`, `uri`, `enum`, `reference` (an id of another kind) and `int64` as a string;
 * `double` as a finite number; `strings` as a list of strings; `json` as JSON text.
 */
export type FieldType = "string" | "uri" | "enum" | "reference" | "int64" | "double" | "strings" | "json";

/** A value in the form that its `FieldType` says. */
export type FieldValue = string | number | readonly string[];

/** A field of a kind. Everything that reads, checks, stores, filters or documents a record is derived from it. */
export interface Field {
  /** In JSON of the REST surface, in filters and in records: `registeredModelId`. */
  readonly name: string;
  /** In the proto contract: `registered_model_id`. */
  readonly proto: string;
  /** In tables of the database. */
  readonly column: string;
  readonly type: FieldType;
  /** One sentence for documentation. */
  readonly meaning: string;
  /** At most so many characters (code points); of `strings`, in all of its items together. */
  readonly limit: number;
  /** The values of an `enum`. */
  readonly values: readonly string[];
  /** The kind whose id a `reference` holds. */
  readonly references: string | undefined;
  /** Stored where a new record leaves the field out. */
  readonly default: string | undefined;
  /** Whether a new record needs it. */
  readonly required: boolean;
  /** Whether an update may change it. */
  readonly mutable: boolean;
  /** Whether the store alone sets it; what a caller sends is ignored. */
  readonly serverMade: boolean;
  /** Whether a filter may name it. */
  readonly filterable: boolean;
  /** Whether it is an addition to the API that existing clients speak. */
  readonly addition: boolean;
  /** Of a reference: another reference of the same record; both have to lead to the same registered model. */
  readonly sameModelAs: string | undefined;
  /** The schema version that brought its column. */
  readonly since: number;
}

type About = Partial<Omit<Field, "name" | "type" | "meaning">>;

const limits: Readonly<Record<FieldType, number>> = {
  string: 4096,
  uri: 4096,
  enum: 32,
  reference: 19,
  int64: 20,
  double: 32,
  strings: 16_384,
  json: 1_048_576,
};

/** A field with the defaults of its type: optional, changeable, and filterable if it holds a single value. */
export function field(name: string, type: FieldType, meaning: string, about: About = {}): Field {
  const proto = snakeCase(name);
  return {
    name,
    proto,
    column: proto,
    type,
    meaning,
    limit: limits[type],
    values: [],
    references: undefined,
    sameModelAs: undefined,
    default: undefined,
    required: false,
    mutable: true,
    serverMade: false,
    filterable: type !== "strings" && type !== "json",
    addition: false,
    since: 1,
    ...about,
  };
}

/** A text of at most `limit` characters. */
export function text(name: string, meaning: string, about: About = {}): Field {
  return field(name, "string", meaning, about);
}

/** One of a few words, the first of which is the default. */
export function oneOf(name: string, values: readonly [string, ...string[]], meaning: string, about: About = {}): Field {
  return field(name, "enum", meaning, { values, default: values[0], ...about });
}

/** The id of a record of another kind, which has to exist. */
export function reference(name: string, kind: string, meaning: string, about: About = {}): Field {
  return field(name, "reference", meaning, { references: kind, ...about });
}
