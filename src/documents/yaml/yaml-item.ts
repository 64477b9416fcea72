import { type Document, type Node, visit, type YAMLSeq } from "yaml";
import type { EntryProblem } from "../../base/field-reader.ts";
import { unfoldedSize } from "./document-size.ts";
import { keyOf, startOf } from "./node.ts";

/** A syntax problem of an item, and its position in the text. */
export interface WrittenProblem extends EntryProblem {
  readonly offset: number;
}

/** An item of a list in a document, or another part that represents an entry. */
export interface YamlItem {
  readonly node: Node | null;
  /** As plain data. Where there are problems it may be circular, or too large to walk. */
  readonly value: unknown;
  readonly problems: readonly WrittenProblem[];
}

/** How many values an item may have once its aliases are expanded: more is an alias bomb. */
const maxUnfolded = 20_000;

/**
 * The items of a list, each with its repeated keys among its problems.
 *
 * @throws when an alias has no anchor
 */
export function itemsOf(list: YAMLSeq, document: Document): YamlItem[] {
  // All at once, because resolving an alias searches the document from its start. Targets are shared.
  const values = list.toJS(document, { maxAliasCount: -1 }) as unknown[];
  const sizes = new Map<object, number>();
  return list.items.map((node, i) => {
    const item = itemOf(node as Node | null, values[i], document, sizes);
    return item.node === null ? item : { ...item, problems: [...item.problems, ...repeatedKeys(item.node)] };
  });
}

/** A part of a document that represents an entry. Whoever reads parts checks the whole document for repeated keys. */
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
 * Repeated keys of maps below a node, each at its second position.
 *
 * @param except nodes that are not searched
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
          problems.push({ field: key.slice(0, 80), message: "is repeated", offset: startOf(pair.key as Node) });
        }
        seen.add(key);
      }
      return undefined;
    },
  });
  return problems;
}
