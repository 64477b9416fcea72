import { type Document, isAlias, isMap, isScalar, isSeq } from "yaml";

/** What stands for a merge of maps where it is a key. */
const mergeKey = "<<";

/**
 * How many values a document makes while its merges (`<<`) are carried out. Each merge makes the whole of its source again, with
 * what that one merges, so that a few lines of merges of merges take for ever. Infinite where one merges itself.
 */
export function mergeWork({ contents }: Document.Parsed): number {
  return workOf(contents, new Map());
}

/** @param anchors what it takes to merge what has an anchor, of all that stands before */
function workOf(node: unknown, anchors: Map<string, number>): number {
  let work = 1;
  let merging = 0;
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      const isMerge = isScalar(key) && key.source === mergeKey;
      work += workOf(key, anchors) + workOf(value, anchors) + (isMerge ? mergingOf(value, anchors) : 0);
    }
  } else if (isSeq(node)) {
    for (const item of node.items) {
      work += workOf(item, anchors);
      merging += mergingOf(item, anchors);
    }
  }
  if ((isMap(node) || isSeq(node)) && node.anchor !== undefined) anchors.set(node.anchor, work + merging);
  return work;
}

/** What it takes to merge the aliases of a source. */
function mergingOf(source: unknown, anchors: ReadonlyMap<string, number>): number {
  if (isAlias(source)) return anchors.get(source.source) ?? Number.POSITIVE_INFINITY;
  return isSeq(source) ? source.items.reduce<number>((sum, item) => sum + mergingOf(item, anchors), 0) : 0;
}
