import type { ModelFilter, Snapshot } from "../../registry/registry.ts";
import type { HttpResponse } from "../http.ts";
import { sharedBytes } from "../shared-answer.ts";

/** A list that somebody has asked for and not taken yet. */
interface List {
  readonly snapshot: Snapshot;
  readonly filter: string;
  readonly bytes: Promise<Uint8Array>;
  readers: number;
}

/** So many are shared at once, whoever does not take them. Each beyond is made for one caller, and counts as its answer. */
const maxLists = 4;

const lists: List[] = [];

/**
 * A list of all models that a filter matches, made once for all who ask while somebody has not taken it: thousands who ask
 * and do not read share one. Whatever changes in a registry makes a new snapshot of it, so nobody gets an old list.
 *
 * @param response has not closed yet
 */
export function sharedList(
  snapshot: Snapshot,
  { type, namespace, cluster, trigger }: ModelFilter,
  response: HttpResponse,
  write: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const filter = JSON.stringify([type, namespace, cluster, trigger]);
  let list = lists.find((one) => one.snapshot === snapshot && one.filter === filter);
  if (list === undefined) {
    if (lists.length >= maxLists) return write();
    list = { snapshot, filter, bytes: write().then(sharedBytes), readers: 0 };
    lists.push(list);
  }
  const taken = list;
  taken.readers++;
  response.once("close", () => {
    taken.readers--;
    if (taken.readers === 0) lists.splice(lists.indexOf(taken), 1);
  });
  return taken.bytes;
}
