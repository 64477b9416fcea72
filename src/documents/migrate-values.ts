import { isMap, isSeq, type Node } from "yaml";
import type { ModelsFile } from "./models-file.ts";
import { kserveOf } from "./read-values.ts";
import { entriesText } from "./write-models-file.ts";
import { pairAt, startOf } from "./yaml/node.ts";
import { readYaml } from "./yaml/read-yaml.ts";

/**
 * Helm values with the entries of `services` at the end of `models`. Every other line stays as it is, byte for byte:
 * values files are written by people.
 *
 * @param file the values as they were read, with a type for each model
 */
export function migrateValues(text: string, file: ModelsFile): string {
  const kserve = kserveOf(readYaml(text).documents[0]!.contents)!.node;
  const services = pairAt(kserve, "services");
  const legacy = file.models.filter((model) => model.untyped);
  if (services === undefined || !isMap(services.value)) return text;
  const models = pairAt(kserve, "models");
  const listed = isSeq(models?.value) && models.value.items.length > 0 && !models.value.flow ? models.value : undefined;
  const keyIndent = indentAt(text, startOf(services.key));
  const itemIndent = listed === undefined ? `${keyIndent}  ` : indentAt(text, startOf(listed.items[0] as Node));
  const entries = legacy.length === 0 ? "" : `${entriesText(legacy, itemIndent)}\n`;
  const edits = [{ from: lineStart(text, startOf(services.key)), to: endOf(text, services.value), by: "" }];
  if (listed !== undefined) {
    const end = endOf(text, listed);
    edits.push({ from: end, to: end, by: entries });
  } else {
    edits[0]!.by = `${keyIndent}models:\n${entries}`;
    // An empty list, `models: []`, is replaced by the new one.
    if (models !== undefined)
      edits.push({ from: lineStart(text, startOf(models.key)), to: endOf(text, models.value ?? models.key), by: "" });
  }
  const lineEnd = text.includes("\r\n") ? "\r\n" : "\n";
  return edits
    .map((edit) => ({ ...edit, by: edit.by.replaceAll(/\r?\n/g, lineEnd) }))
    .sort((a, b) => b.from - a.from)
    .reduce(
      (edited, { from, to, by }) => edited.slice(0, from) + withBreak(edited.slice(0, from), by) + edited.slice(to),
      text,
    );
}

/** Adds the line break that the last line of a file may lack. */
function withBreak(before: string, added: string): string {
  return added !== "" && before !== "" && !before.endsWith("\n") ? `\n${added}` : added;
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

function indentAt(text: string, offset: number): string {
  // The dash of an item stands before it.
  return /^ */.exec(text.slice(lineStart(text, offset)))![0];
}

/** The end of the last line that a node stands on. */
function endOf(text: string, node: Node): number {
  const last = text.slice(0, node.range![1]).trimEnd().length;
  const end = text.indexOf("\n", last);
  return end < 0 ? text.length : end + 1;
}
