import { type Document, isAlias, isMap, isSeq, type Node, type YAMLSeq } from "yaml";
import { shown } from "../../base/field-reader.ts";
import { nearest } from "../../base/nearest.ts";
import { keyOf, startOf } from "./node.ts";
import { readYaml, type TextProblem } from "./read-yaml.ts";
import { itemsOf, repeatedKeys, type WrittenProblem, type YamlItem } from "./yaml-item.ts";

/** A list of a document, or why the document cannot be read at all. */
export type YamlList =
  | {
      readonly document: Document;
      /** Undefined where the key has no value. */
      readonly list: YAMLSeq | undefined;
      readonly items: readonly YamlItem[];
      /** Problems outside of the items, which can be read all the same. */
      readonly problems: readonly WrittenProblem[];
    }
  | { readonly problem: TextProblem; readonly more: readonly TextProblem[] };

const maxItems = 10_000;

/** Reads a text `key: [...]` of one document, as YAML or JSON, or just a list. */
export function readYamlList(text: string, key: string): YamlList {
  if (text.trim() === "") {
    return failed({ offset: 0, message: `is empty; expected ${key}: [...], where there is none ${key}: []` });
  }
  const { documents, problems } = readYaml(text);
  const [first, ...more] = problems;
  if (first !== undefined) return failed(first, ...more);
  const [document, second] = documents;
  if (document === undefined) return failed({ offset: 0, message: `expected ${key}: [...], a list of entries` });
  if (second !== undefined) {
    return failed({ offset: second.range[0], message: "has several documents, split by ---; expected one" });
  }
  const found = findList(document, key);
  if ("message" in found) return failed(found);
  const { list, otherKeys } = found;
  if (list !== undefined && list.items.length > maxItems) {
    return failed({ offset: startOf(list), message: `${list.items.length} entries; at most ${maxItems} are read` });
  }
  try {
    const items = list === undefined ? [] : itemsOf(list, document);
    const inItems = new Set<unknown>(items.map(({ node }) => node));
    return {
      document,
      list,
      items,
      problems: [...otherKeys, ...(document.contents === null ? [] : repeatedKeys(document.contents, inItems))],
    };
  } catch (error) {
    return failed({ offset: startOf(list), message: (error as Error).message });
  }
}

function failed(problem: TextProblem, ...more: TextProblem[]): YamlList {
  return { problem, more };
}

function findList(
  document: Document,
  key: string,
): { readonly list: YAMLSeq | undefined; readonly otherKeys: readonly WrittenProblem[] } | TextProblem {
  const { contents } = document;
  if (isSeq(contents)) return { list: contents, otherKeys: [] };
  const offset = startOf(contents);
  const expected = `expected ${key}: [...], a list of entries`;
  if (!isMap(contents)) {
    return { offset, message: `${expected}; found ${contents === null ? "nothing" : "a text"}` };
  }
  const pairs = contents.items.filter((pair) => keyOf(pair) === key);
  const others = contents.items.filter((pair) => keyOf(pair) !== key);
  const [pair, again] = pairs;
  if (pair === undefined) {
    const meant = others.find((other) => nearest(keyOf(other), [key]) !== undefined);
    if (meant === undefined) return { offset, message: `${expected}; found no such key` };
    return { offset: startOf(meant.key as Node), message: `${expected}; found ${shown(keyOf(meant))}` };
  }
  if (again !== undefined) {
    return { offset: startOf(again.key as Node), message: `the key ${key} is repeated` };
  }
  // Keys that begin with x- are a place for anchors, as in other YAML documents.
  const otherKeys = others
    .filter((other) => !keyOf(other).startsWith("x-"))
    .map((other) => ({
      field: keyOf(other).slice(0, 80),
      message: `unknown key; known is ${key}, and what begins with x- is left alone`,
      offset: startOf(other.key as Node),
    }));
  const value = isAlias(pair.value) ? pair.value.resolve(document) : pair.value;
  if (isSeq(value)) return { list: value, otherKeys };
  const nothing = value === null || (value as { value?: unknown }).value === null;
  if (nothing) return { list: undefined, otherKeys };
  return { offset: startOf(pair.value as Node), message: `${expected}; found something else` };
}
