import { type Document, isMap, type Node, type Pair, parseAllDocuments, type YAMLMap } from "yaml";
import { type FileProblem, type Locate, locateIn } from "./position.ts";

/** The documents of a YAML or JSON text that could be read, and what is wrong with the others. */
export interface YamlDocuments {
  readonly documents: readonly Document.Parsed[];
  readonly problems: readonly FileProblem[];
}

/** Reads a text of one or more YAML documents. JSON is read as well, for it is YAML. */
export function readYaml(text: string, locate: Locate = locateIn(text)): YamlDocuments {
  const parsed = parseAllDocuments(text, { prettyErrors: false, uniqueKeys: true, merge: true });
  const documents: Document.Parsed[] = [];
  const problems: FileProblem[] = [];
  for (const document of Array.isArray(parsed) ? parsed : []) {
    for (const { pos, message } of document.errors) {
      problems.push({ position: locate(pos[0]), severity: "error", message: `not YAML: ${firstLine(message)}` });
    }
    if (document.errors.length === 0) documents.push(document);
  }
  return { documents, problems };
}

/** A node as plain data; undefined when its aliases are too many to follow. */
export function plain(node: Node | null | undefined, document: Document): unknown {
  try {
    return node?.toJS(document, { maxAliasCount: 100 });
  } catch {
    return undefined;
  }
}

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

function firstLine(message: string): string {
  return message.split("\n", 1)[0]!.replace(/:$/, "");
}
