import { type Document, isAlias, isMap, isSeq, LineCounter, type Node, parseDocument, visit, type YAMLSeq } from "yaml";
import { type EntryProblem, shown } from "../registry/field-reader.ts";
import { nearest } from "../registry/nearest.ts";
import { unfoldedSize } from "./unfolded-size.ts";

/** One item of a list in a document. */
export interface YamlItem {
  /** Counted from 1. */
  readonly line: number;
  /** As plain data. Where there are problems it may hold itself, or more than can be walked. */
  readonly value: unknown;
  /** What is wrong with how it is written, whatever it says. */
  readonly problems: readonly EntryProblem[];
}

/** The items of a list, or why the document cannot be read at all. */
export type YamlList =
  | { readonly items: readonly YamlItem[]; readonly otherKeys: readonly string[] }
  | { readonly problem: string };

/** The parser calls itself for each level, and takes minutes to find out that there are too many. */
const maxDepth = 256;
const maxItems = 10_000;
const maxWarnings = 100;
/** How many values an item may hold when its aliases are written out: more is a bomb. */
const maxUnfolded = 20_000;

/** Reads a document `key: [...]`, as YAML or JSON; the list may also stand alone. */
export function readYamlList(text: string, key: string): YamlList {
  if (text.trim() === "") return { problem: `is empty; expected ${key}: [...], where there is none ${key}: []` };
  if (seemsDeeperThan(text, maxDepth)) return { problem: `nested deeper than ${maxDepth} levels` };
  const lines = new LineCounter();
  try {
    // Keys that are there twice are looked for below: the parser takes minutes where there are many keys.
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, merge: true });
    const [error] = document.errors;
    if (error !== undefined) {
      const { line, col } = lines.linePos(error.pos[0]);
      return { problem: `line ${line}, column ${col}: ${error.message}` };
    }
    if (document.warnings.length > maxWarnings) {
      return { problem: `more than ${maxWarnings} problems, the first: ${document.warnings[0]!.message}` };
    }
    const found = findList(document, key);
    if ("problem" in found) return found;
    return { items: itemsOf(found.list, document, lines), otherKeys: found.otherKeys };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

function findList(
  document: Document,
  key: string,
): { readonly list: YAMLSeq | undefined; readonly otherKeys: readonly string[] } | { readonly problem: string } {
  const { contents } = document;
  if (isSeq(contents)) return { list: contents, otherKeys: [] };
  const expected = `expected ${key}: [...], a list of entries`;
  if (!isMap(contents)) return { problem: `${expected}; found ${contents === null ? "nothing" : "a text"}` };
  const pairs = contents.items.filter((pair) => keyText(pair.key) === key);
  const otherKeys = contents.items.map((pair) => keyText(pair.key)).filter((other) => other !== key);
  const [pair] = pairs;
  if (pair === undefined) {
    const meant = otherKeys.find((other) => nearest(other, [key]) !== undefined);
    return { problem: meant === undefined ? `${expected}; found no such key` : `${expected}; found ${shown(meant)}` };
  }
  if (pairs.length > 1) return { problem: `the key ${key} is written twice` };
  const value = isAlias(pair.value) ? pair.value.resolve(document) : pair.value;
  if (isSeq(value)) return { list: value, otherKeys };
  const nothing = value === null || (value as { value?: unknown }).value === null;
  return nothing ? { list: undefined, otherKeys } : { problem: `${expected}; found something else` };
}

function itemsOf(list: YAMLSeq | undefined, document: Document, lines: LineCounter): YamlItem[] {
  if (list === undefined || list.items.length === 0) return [];
  if (list.items.length > maxItems) throw new Error(`${list.items.length} entries; at most ${maxItems} are read`);
  // All at once, because an alias is looked for from the start of the document. What they stand for is shared.
  const values = list.toJS(document, { maxAliasCount: -1 }) as unknown[];
  const sizes = new Map<object, number>();
  return list.items.map((item, i): YamlItem => {
    const node = item as Node | null;
    const [start, , end] = node?.range ?? [0, 0, 0];
    const problems = document.warnings
      .filter(({ pos }) => pos[0] >= start && pos[0] < end)
      .map(({ message }): EntryProblem => ({ field: "", message }));
    if (node !== null) problems.push(...repeatedKeys(node));
    if (unfoldedSize(values[i], sizes) > maxUnfolded) {
      problems.push({ field: "", message: `holds more than ${maxUnfolded} values when its aliases are written out` });
    }
    return { line: lines.linePos(start).line, value: values[i], problems };
  });
}

function repeatedKeys(node: Node): EntryProblem[] {
  const problems: EntryProblem[] = [];
  visit(node, {
    Map(_, { items }) {
      const seen = new Set<string>();
      for (const { key } of items) {
        const text = keyText(key);
        if (seen.has(text) && text !== "<<") problems.push({ field: text.slice(0, 80), message: "is written twice" });
        seen.add(text);
      }
    },
  });
  return problems;
}

/** Whether brackets, or dashes at the start of a line, open more levels than this, quoted or not. */
function seemsDeeperThan(text: string, depth: number): boolean {
  let open = 0;
  let dashes = 0;
  let leading = true;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === "[" || char === "{") open++;
    else if (char === "]" || char === "}") open = Math.max(0, open - 1);
    if (char === "\n") {
      leading = true;
      dashes = 0;
    } else if (leading && "-?:".includes(char)) dashes++;
    else if (char !== " ") leading = false;
    if (open > depth || dashes > depth) return true;
  }
  return false;
}

function keyText(key: unknown): string {
  return String((key as { value?: unknown } | null)?.value ?? key);
}
