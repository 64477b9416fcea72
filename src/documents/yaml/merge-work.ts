import { type Document, isAlias, isMap, isScalar, isSeq } from "yaml";

/** The key that merges maps. */
const mergeKey = "<<";

/**
 * How many values carrying out a document's merges (`<<`) creates. Each merge creates the whole source again, including
 * what that merges, so a few lines of merges of merges never end. Infinite where one merges itself.
 */
export function mergeWork({ contents }: Document.Parsed): number {
  return workOf(contents, new Map());
}

/** @param anchors the work of merging each anchored node before this one */
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

/** The work of merging the aliases of a source. */
function mergingOf(source: unknown, anchors: ReadonlyMap<string, number>): number {
  if (isAlias(source)) return anchors.get(source.source) ?? Number.POSITIVE_INFINITY;
  return isSeq(source) ? source.items.reduce<number>((sum, item) => sum + mergingOf(item, anchors), 0) : 0;
}
