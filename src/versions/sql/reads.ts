import type { VersionStore } from "../ports.ts";
import { countRecords, getRecord, listRecords } from "./read-records.ts";
import { type ReadContext, reader } from "./store-context.ts";

/** The calls of a store that consist of one statement, so they need no transaction: they may run wherever `all` is. */
export function createReads(context: ReadContext): Pick<VersionStore, "get" | "list" | "count"> {
  return {
    get: (kind, key, { signal } = {}) => getRecord(context, reader(context, signal), kind, key),
    list: (kind, query, options) => listRecords(context, kind, query, options),
    count: (kind, query, options) => countRecords(context, kind, query, options),
  };
}
