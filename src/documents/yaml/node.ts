import { isMap, type Node, type Pair, type YAMLMap } from "yaml";

/** The pair of a key of a map; undefined when the node is no map or has no such key. */
export function pairAt(node: unknown, key: string): Pair<Node, Node | null> | undefined {
  if (!isMap(node)) return undefined;
  return node.items.find((pair) => keyOf(pair) === key) as Pair<Node, Node | null> | undefined;
}

/** The value of a key of a map. */
export function valueAt(node: unknown, key: string): Node | null | undefined {
  return pairAt(node, key)?.value;
}

/** A text that stands at a key of a map. */
export function textAt(node: unknown, key: string): string | undefined {
  const value = (valueAt(node, key) as { value?: unknown } | null | undefined)?.value;
  return typeof value === "string" ? value : undefined;
}

/** The key of a pair as text. */
export function keyOf(pair: YAMLMap["items"][number]): string {
  const key = pair.key as { value?: unknown } | string;
  return String(typeof key === "object" ? key?.value : key);
}

/** Where a node begins. */
export function startOf(node: Node | null | undefined): number {
  return node?.range?.[0] ?? 0;
}
