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

/** The limits of entries beside those of single fields. */
export const entryLimits = {
  /** Items of a list, and custom properties. */
  items: 1024,
  /** Characters of a description. */
  description: 65_536,
  /** Characters of a model card. */
  readme: 1_048_576,
  /** Values of an object that is kept as it is, and how deep it may be. */
  jsonValues: 2000,
  jsonDepth: 16,
} as const;
