import { posix } from "node:path";
import type { ModelEntry } from "../registry/model.ts";
import type { Contract } from "./contract.ts";
import { jsonSchema } from "./json-schema.ts";
import { openapi } from "./openapi.ts";
import { protoText } from "./proto-text.ts";

/** The forms in which a contract is written. */
export const contractFormats = ["proto", "json-schema", "openapi"] as const;
export type ContractFormat = (typeof contractFormats)[number];

/** A contract as text, with its media type and file name. */
export interface ContractText {
  readonly contentType: string;
  /** What a file with it is called: of letters, digits, `_` and `.`. */
  readonly fileName: string;
  readonly text: string;
}

/** Writes the contract of a model. */
export function contractText(model: ModelEntry, contract: Contract, format: ContractFormat): ContractText {
  const fileName = posix.basename(contract.names.fileName);
  const stem = posix.basename(fileName, ".proto");
  switch (format) {
    case "proto":
      return { contentType: "text/plain; charset=utf-8", fileName, text: protoText(contract.file) };
    case "json-schema":
      return {
        contentType: "application/schema+json",
        fileName: `${stem}.schema.json`,
        text: jsonText(jsonSchema(model)),
      };
    case "openapi":
      return {
        contentType: "application/json",
        fileName: `${stem}.openapi.json`,
        text: jsonText(openapi(model, contract)),
      };
  }
}

/**
 * Indented, as people read it and its diffs. Unprintable characters are escaped: terminals show the text, and many
 * tools read JSON as YAML, which does not allow them.
 */
function jsonText(value: unknown): string {
  const text = JSON.stringify(value, null, 2).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `${text}\n`;
}
