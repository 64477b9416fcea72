import { type Document, type Node, visit, type YAMLSeq } from "yaml";
import type { EntryProblem } from "../../base/field-reader.ts";
import { unfoldedSize } from "./document-size.ts";
import { keyOf, startOf } from "./node.ts";

/** What is wrong with how an item is written, whatever it says, and where in the text. */
export interface WrittenProblem extends EntryProblem {
  readonly offset: number;
}

/** One item of a list in a document, or another part of one that stands for an entry. */
export interface YamlItem {
  readonly node: Node | null;
  /** As plain data. Where there are problems it may hold itself, or more than can be walked. */
  readonly value: unknown;
  readonly problems: readonly WrittenProblem[];
}

/** How many values an item may hold when its aliases are written out: more is a bomb. */
const maxUnfolded = 20_000;

/**
 * The items of a list, each with its repeated keys among its problems.
 *
 * @throws when an alias stands for nothing
 */
export function itemsOf(list: YAMLSeq, document: Document): YamlItem[] {
  // All at once, because an alias is looked for from the start of the document. What they stand for is shared.
  const values = list.toJS(document, { maxAliasCount: -1 }) as unknown[];
  const sizes = new Map<object, number>();
  return list.items.map((node, i) => {
    const item = itemOf(node as Node | null, values[i], document, sizes);
    return item.node === null ? item : { ...item, problems: [...item.problems, ...repeatedKeys(item.node)] };
  });
}

/** A part of a document that stands for an entry by itself. A reader of parts looks for repeated keys in the whole. */
export function readItem(node: Node | null, document: Document): YamlItem {
  try {
    return itemOf(node, node?.toJS(document, { maxAliasCount: -1 }), document, new Map());
  } catch (error) {
    return {
      node,
      value: undefined,
      problems: [{ field: "", message: (error as Error).message, offset: startOf(node) }],
    };
  }
}

function itemOf(node: Node | null, value: unknown, document: Document, sizes: Map<object, number>): YamlItem {
  const [start, , end] = node?.range ?? [0, 0, 0];
  const problems = document.warnings
    .filter(({ pos }) => pos[0] >= start && pos[0] < end)
    .map(({ message, pos }): WrittenProblem => ({ field: "", message, offset: pos[0] }));
  if (unfoldedSize(value, sizes) > maxUnfolded) {
    const message = `holds more than ${maxUnfolded} values when its aliases are written out`;
    problems.push({ field: "", message, offset: start });
  }
  return { node, value, problems };
}

/**
 * The keys that a map below a node has twice, each at its second place.
 *
 * @param except nodes that are not looked into
 */
export function repeatedKeys(node: Node, except: ReadonlySet<unknown> = new Set()): WrittenProblem[] {
  const problems: WrittenProblem[] = [];
  visit(node, {
    Node: (_, inner) => (except.has(inner) ? visit.SKIP : undefined),
    Map(_, map) {
      if (except.has(map)) return visit.SKIP;
      const seen = new Set<string>();
      for (const pair of map.items) {
        const key = keyOf(pair);
        if (seen.has(key) && key !== "<<") {
          problems.push({ field: key.slice(0, 80), message: "is written twice", offset: startOf(pair.key as Node) });
        }
        seen.add(key);
      }
      return undefined;
    },
  });
  return problems;
}
