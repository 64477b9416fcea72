import { isMap, isPair, isSeq, type Node, Pair, Scalar, YAMLMap } from "yaml";

/** The pair of a key of a map; undefined when the node is not a map or has no such key. */
export function pairAt(node: unknown, key: string): Pair<Node, Node | null> | undefined {
  if (!isMap(node)) return undefined;
  return node.items.find((pair) => keyOf(pair) === key) as Pair<Node, Node | null> | undefined;
}

/** The value of a key of a map. */
export function valueAt(node: unknown, key: string): Node | null | undefined {
  return pairAt(node, key)?.value;
}

/** The text value of a key of a map. */
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

/**
 * The node at a path such as `inputFeatures[2].min`, or the nearest one above it. For a key of a map: the node of the
 * key, which shows readers where it is.
 */
export function nodeAt(root: Node | null, path: string): Node | null {
  let node: unknown = root;
  let found = root;
  for (const [, index, key] of path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)) {
    const step = index ?? key!;
    const next: unknown = isMap(node) ? pairAt(node, step) : isSeq(node) ? node.items[Number(step)] : undefined;
    if (next === undefined || next === null) break;
    node = isPair(next) ? next.value : next;
    found = (isPair(next) ? next.key : next) as Node;
  }
  return found;
}

/** A new map with these pairs. */
export function mapOf(pairs: Readonly<Record<string, Node>>): YAMLMap {
  const map = new YAMLMap();
  for (const [key, value] of Object.entries(pairs)) map.items.push(new Pair(new Scalar(key), value));
  return map;
}

/** Adds a text to a map after one of its keys; at its start where it has no such key. */
export function addAfter(map: YAMLMap, before: string, name: string, value: string): void {
  const at = map.items.findIndex((pair) => keyOf(pair) === before) + 1;
  map.items.splice(at, 0, new Pair(new Scalar(name), new Scalar(value)));
}
