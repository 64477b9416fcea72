import type { Properties } from "../../base/property-value.ts";

/** How a field of an entry is written in data files and in JSON. */
export type EntryField = {
  readonly name: string;
  /** Other names that data files have for it. */
  readonly aliases?: readonly string[];
  readonly required?: true;
} & (
  | {
      /** `uri`: a text that begins with a scheme; `time`: milliseconds since the epoch; `date`: RFC 3339. */
      readonly type: "text" | "uri" | "time" | "date";
      /** The longest text, in characters. Default: 255, of addresses 4,096. */
      readonly maxChars?: number;
      readonly pattern?: RegExp;
    }
  | { readonly type: "boolean" | "texts" | "properties" | "json" }
  | { readonly type: "integer"; readonly min: number; readonly max: number }
  | { readonly type: "choice" | "choices"; readonly words: readonly string[] }
  | { readonly type: "object" | "objects"; readonly fields: readonly EntryField[] }
);

/** The values of fields whose type determines them completely. */
interface PlainValues {
  readonly text: string;
  readonly uri: string;
  readonly time: string;
  readonly date: string;
  readonly boolean: boolean;
  readonly integer: number;
  readonly texts: readonly string[];
  readonly properties: Properties;
  readonly json: Readonly<Record<string, unknown>>;
}

type ValueOf<F extends EntryField> = F extends { type: keyof PlainValues }
  ? PlainValues[F["type"]]
  : F extends { type: "choice" }
    ? F["words"][number]
    : F extends { type: "choices" }
      ? readonly F["words"][number][]
      : F extends { type: "object" }
        ? FieldsOf<F["fields"]>
        : F extends { type: "objects" }
          ? readonly FieldsOf<F["fields"]>[]
          : never;

/** An object whose fields a table lists, as it is read by the table. */
export type FieldsOf<Table extends readonly EntryField[]> = {
  readonly [F in Table[number] as F extends { required: true } ? F["name"] : never]: ValueOf<F>;
} & {
  readonly [F in Table[number] as F extends { required: true } ? never : F["name"]]?: ValueOf<F>;
};

/** The limits of entries beside those of single fields. */
export const entryLimits = {
  /** Items of a list, and custom properties. */
  items: 1024,
  /** Characters of a description. */
  description: 65_536,
  /** Characters of a model card. */
  readme: 1_048_576,
  /** How many values an object that is stored unchanged may have, and how deep it may be nested. */
  jsonValues: 2000,
  jsonDepth: 16,
} as const;
