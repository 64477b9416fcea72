import { isRecord, kindOf } from "../../base/field-reader.ts";
import { hasMoreMarks } from "../../base/has-more-marks.ts";
import { readPlainYaml } from "./plain-yaml.ts";
import { locateIn, type Position } from "./position.ts";

/** One item of a long list, which is not read until it is asked for. */
export interface ListedEntry {
  /**
   * Its text, where that alone determines its meaning within a list of this key. Undefined where the meaning depends on
   * other parts of the document, or cannot be expressed as text.
   */
  text(): string | undefined;
  read(): EntryValue;
}

/** An item of a long list, as it was read. */
export interface EntryValue {
  readonly value: unknown;
  /** A syntax problem; the value is then undefined. */
  readonly problem: string | undefined;
  /** Its position. */
  readonly position: Position;
  /** The position of one of its fields. */
  readonly positionOf: (field: string) => Position;
}

/** A document that cannot be read at all. */
export class UnreadableList extends Error {
  readonly position: Position;

  constructor(message: string, position: Position) {
    super(message);
    this.name = "UnreadableList";
    this.position = position;
  }
}

const start: Position = { line: 1, column: 1 };

/** How many brackets, commas and colons a JSON text may have: its values then take some 128 MiB at most. */
export const maxJsonMarks = 4_000_000;

/**
 * Reads `key: [...]` of a YAML or JSON text item by item, so that a file of thousands of entries takes no more memory
 * than its largest entry. A list that is not a simple block list, or has anchors, is read at once.
 *
 * @param maxMarks how many brackets, commas and colons it may have as JSON
 * @throws UnreadableList
 */
export function* readEntryList(text: string, key: string, maxMarks = maxJsonMarks): Generator<ListedEntry> {
  const json = text.trimStart().startsWith("{") ? parseJson(text, maxMarks) : undefined;
  if (json !== undefined) {
    for (const item of itemsOfValue(json.value, key, () => start)) {
      yield { text: () => jsonOf(item.value), read: () => item };
    }
    return;
  }
  const split = splitList(text, key);
  if (split === undefined) {
    const { value, problems, positionOf, locate } = readPlainYaml(text);
    const [first] = problems;
    if (first !== undefined) throw new UnreadableList(first.message, locate(first.offset));
    for (const item of itemsOfValue(value, key, positionOf)) yield { text: () => undefined, read: () => item };
    return;
  }
  const { rest, items, indent, locate } = split;
  const around = readPlainYaml(rest);
  const [first] = around.problems;
  if (first !== undefined) throw new UnreadableList(first.message, around.locate(first.offset));
  checkKeys(around.value, key, around.positionOf);
  for (const { from, to } of items) {
    const itemText = text.slice(from, to);
    // After the dash.
    yield { text: () => itemText, read: () => valueOfItem(itemText, locate(from + indent + 2)) };
  }
}

/** Reads one item of a block list, dash and all. */
function valueOfItem(text: string, position: Position): EntryValue {
  const below = (inner: Position): Position => ({ line: position.line + inner.line - 1, column: inner.column });
  const read = readPlainYaml(text);
  const [problem] = read.problems;
  const list = read.value;
  const value = Array.isArray(list) && list.length === 1 ? (list[0] as unknown) : undefined;
  return {
    value: problem === undefined ? value : undefined,
    problem: problem?.message ?? (Array.isArray(list) ? undefined : "expected an item of the list"),
    position: problem === undefined ? position : below(read.locate(problem.offset)),
    positionOf: (field) => below(read.positionOf(`[0].${field}`)),
  };
}

/** JSON is parsed much faster as JSON. What is not JSON may still be YAML. */
function parseJson(text: string, maxMarks: number): { readonly value: unknown } | undefined {
  if (hasMoreMarks(text, maxMarks)) {
    throw new UnreadableList(
      `has more than ${maxMarks} brackets, commas and colons; split it into several files`,
      start,
    );
  }
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** A value as JSON; undefined where it is nested too deep to be written. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function* itemsOfValue(value: unknown, key: string, positionOf: (path: string) => Position): Generator<EntryValue> {
  const list = checkKeys(value, key, positionOf);
  for (const [i, item] of list.entries()) {
    const path = `${key}[${i}]`;
    yield {
      value: item,
      problem: undefined,
      position: positionOf(path),
      positionOf: (field) => positionOf(`${path}.${field}`),
    };
  }
}

function checkKeys(value: unknown, key: string, positionOf: (path: string) => Position): readonly unknown[] {
  if (!isRecord(value)) {
    const found = value === undefined ? "nothing" : kindOf(value);
    throw new UnreadableList(`expected ${key}: [...], a list of entries; found ${found}`, start);
  }
  if (!Object.hasOwn(value, key)) {
    throw new UnreadableList(`expected ${key}: [...], a list of entries; found no such key`, start);
  }
  const list = value[key] ?? [];
  if (Array.isArray(list)) return list;
  throw new UnreadableList(`expected ${key}: [...], a list of entries; found ${kindOf(list)}`, positionOf(key));
}

interface SplitList {
  /** The text with an empty list instead of the items. Line numbers stay the same. */
  readonly rest: string;
  readonly items: readonly { readonly from: number; readonly to: number }[];
  /** How far their dashes are indented. */
  readonly indent: number;
  readonly locate: (offset: number) => Position;
}

/** An anchor, a directive, or a further document: they affect more than one item. */
const reachesFar = /(?:^|[\s,:[{-])&[^\s&,[\]{}]|^%|^---\s*\S|\n---(?:\s|$)/m;

/**
 * Finds the items of a block list at the top level, without parsing them. Undefined where the document is not that
 * simple.
 */
function splitList(text: string, key: string): SplitList | undefined {
  const head = new RegExp(`^${key}:[ \\t]*(?:#.*)?\\r?$`, "m").exec(text);
  if (head === null || reachesFar.test(text)) return undefined;
  const listFrom = text.indexOf("\n", head.index) + 1;
  if (listFrom === 0) return undefined;
  const items: { from: number; to: number }[] = [];
  let indent: number | undefined;
  let listTo = text.length;
  for (let at = listFrom; at < text.length; ) {
    const next = text.indexOf("\n", at) + 1 || text.length;
    const depth = depthOf(text, at, next);
    if (depth !== undefined) {
      const isItem = text[at + depth] === "-" && /[ \r\n]/.test(text[at + depth + 1] ?? "\n");
      if (indent === undefined && !isItem) return undefined;
      indent ??= depth;
      if (depth === indent && isItem) items.push({ from: at, to: text.length });
      else if (depth <= indent) {
        // A line at the top level is another key; one in between is broken, and the parser reports how.
        if (depth > 0) return undefined;
        listTo = at;
        break;
      }
    }
    at = next;
  }
  if (items.length === 0) return undefined;
  for (const [i, item] of items.entries()) item.to = items[i + 1]?.from ?? listTo;
  const lines = text.slice(head.index, listTo).split("\n").length - 1;
  const rest = `${text.slice(0, head.index)}${key}: []${"\n".repeat(lines)}${text.slice(listTo)}`;
  return { rest, items, indent: indent ?? 0, locate: locateIn(text) };
}

/** How far a line is indented; undefined for one that is empty or a comment. */
function depthOf(text: string, from: number, to: number): number | undefined {
  let at = from;
  while (at < to && text[at] === " ") at++;
  return at >= to || "\r\n#".includes(text[at]!) ? undefined : at - from;
}
