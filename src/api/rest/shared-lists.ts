import { whenNotBusy } from "../../base/yield-if-busy.ts";
import type { ModelFilter, Snapshot } from "../../registry/registry.ts";
import { connectionOf, type HttpResponse } from "../http.ts";
import { sharedBytes } from "../shared-answer.ts";

/** A list that at least one caller has not finished reading. */
interface List {
  readonly snapshot: Snapshot;
  readonly filter: string;
  readonly bytes: Promise<Uint8Array>;
  readers: number;
}

/** How many lists are shared at once. Further ones are made for one caller each, and count as its answer. */
const maxLists = 4;

const lists: List[] = [];

/**
 * A list of all models that match a filter, shared by all who request it while another caller is still reading it:
 * thousands who request it and do not read share one. Every change of the registry makes a new snapshot, so nobody gets
 * an outdated list.
 *
 * @param response has not closed yet
 */
export async function sharedList(
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
  const bytes = await taken.bytes;
  // All who share it would continue at the same moment.
  await whenNotBusy(connectionOf(response.req, response));
  return bytes;
}
