import { yieldIfBusy } from "../../base/yield-if-busy.ts";
import { matcherOf } from "../differences.ts";
import { type CallOptions, maxPageSize, type PageQuery, type Registration } from "../ports.ts";
import { charsOf, type VersionRecord } from "../record.ts";
import { invalid } from "../versions-error.ts";
import { listRecords } from "./read-records.ts";
import type { StoreContext } from "./store-context.ts";
import { streamPages } from "./stream-pages.ts";

type Given = Registration["artifacts"][number];

/** How many artifacts of a version are searched. */
const maxSeen = 10 * maxPageSize;
/** By how many characters the texts of the found artifacts may exceed those of the given ones. */
const maxFurtherChars = 16 * 1024 * 1024;

/**
 * The stored artifacts of a version that correspond to given ones: the first with the same name or, without a name,
 * with the same content. Undefined for each that does not exist. Reads a page at a time, and fails with INVALID where
 * the result would be too large for an answer.
 */
export async function findArtifacts(
  context: StoreContext,
  version: VersionRecord,
  given: readonly Given[],
  options: CallOptions,
): Promise<readonly (VersionRecord | undefined)[]> {
  const found = new Array<VersionRecord | undefined>(given.length);
  const missing = new Map(given.map((one, i) => [i, isMeant(one)]));
  let charsLeft = maxFurtherChars + charsGiven(given);
  let seen = 0;
  const list = (page: PageQuery) => listRecords(context, "artifact", page, options);
  const query = { where: { modelVersionId: version.id } };
  if (missing.size === 0) return found;
  for await (const page of streamPages(list, query, maxPageSize)) {
    for (const [i, matches] of missing) {
      const stored = page.find(matches);
      if (stored !== undefined) {
        charsLeft -= charsOf(stored);
        if (charsLeft < 0) throw tooLong();
        found[i] = stored;
        missing.delete(i);
      }
      const pause = yieldIfBusy();
      if (pause !== undefined) await pause;
    }
    seen += page.length;
    if (missing.size === 0 || seen >= maxSeen) break;
  }
  return found;
}

function isMeant({ kind, ...given }: Given): (stored: VersionRecord) => boolean {
  const { name } = given.fields;
  if (name !== undefined && name !== "") return (stored) => stored.name === name && stored.kind === kind;
  const matches = matcherOf(given);
  return (stored) => stored.kind === kind && matches(stored);
}

function charsGiven(given: readonly Given[]): number {
  let chars = 0;
  for (const { fields, properties = {} } of given) {
    chars += JSON.stringify([fields, properties]).length;
  }
  return chars;
}

function tooLong() {
  const description = `more than ${maxFurtherChars} characters are registered besides those that are given`;
  return invalid(undefined, { field: "artifacts", problem: "too_long", description });
}
