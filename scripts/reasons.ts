/**
 * Writes what the reasons of errors mean into the contracts and the documentation, from the one table of words and the
 * one table of codes. After a change of the contracts, `npm run generate`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Code } from "@connectrpc/connect";
import { type CallReason, codeOf, httpStatusOf } from "../src/api/error.ts";
import { type ReasonWords, reasonWords } from "../src/api/reason-words.ts";
import { catalogReasonWords, versionsReasonWords } from "./reason-words.ts";

const root = join(import.meta.dirname, "..");
const maxColumns = 120;

type Words = Readonly<Partial<Record<CallReason, ReasonWords>>>;

/** The files that say what reasons mean, each with its table of words. */
export const reasonFiles: readonly { readonly path: string; readonly words: Words }[] = [
  { path: "proto/kserve/registry/v1/error_reason.proto", words: reasonWords },
  { path: "proto/kserve/versions/v1/error_reason.proto", words: versionsReasonWords },
  { path: "proto/kserve/catalog/v1/error_reason.proto", words: catalogReasonWords },
  { path: "docs/API.md", words: reasonWords },
  { path: "docs/VERSIONS.md", words: versionsReasonWords },
  { path: "docs/CATALOG.md", words: catalogReasonWords },
];

/** The text of a file as it should be. */
export function withReasons(path: string, text: string, words: Words): string {
  return path.endsWith(".proto") ? withComments(text, words) : withTable(text, words);
}

/** Puts a comment above every value of the enum; one that the table does not have is left without. */
function withComments(text: string, words: Words): string {
  return text.replaceAll(/(?: {2}\/\/ .*\n)+( {2}ERROR_REASON_(?!UNSPECIFIED)(\w+) = \d+;)/g, (_, line, reason) => {
    const known = words[reason as CallReason];
    return known === undefined ? line : `${comment(reason as CallReason, known)}${line}`;
  });
}

function comment(reason: CallReason, { means, more, retry }: ReasonWords): string {
  const outcome = `${codeName(reason)}${retry ? ", with a `google.rpc.RetryInfo`" : ""}; over plain HTTP ${httpStatusOf(reason)}.`;
  const lines = [""];
  for (const word of [sentence(means), more, outcome]
    .filter((part) => part !== undefined)
    .join(" ")
    .split(" ")) {
    const longer = `${lines.at(-1)} ${word}`;
    if (longer.length + "  //".length > maxColumns) lines.push(` ${word}`);
    else lines[lines.length - 1] = longer;
  }
  return lines.map((line) => `  //${line}\n`).join("");
}

function withTable(text: string, words: Words): string {
  const rows = Object.entries(words).map(([reason, { means }]) => {
    return `| ${means} | \`${reason}\` | ${codeName(reason as CallReason)} | ${httpStatusOf(reason as CallReason)} |\n`;
  });
  const head = "| Situation | Reason | Code | HTTP |\n| --- | --- | --- | --- |\n";
  return text.replace(/\| Situation \| Reason \|.*\n(\|.*\n)*/, () => head + rows.join(""));
}

/** `INVALID_ARGUMENT`, as the specification of gRPC has it. */
function codeName(reason: CallReason): string {
  return Code[codeOf(reason)].replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}

function sentence(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;
}

if (process.argv[1] === import.meta.filename) {
  for (const { path, words } of reasonFiles) {
    const file = join(root, path);
    writeFileSync(file, withReasons(path, readFileSync(file, "utf8"), words));
  }
}
