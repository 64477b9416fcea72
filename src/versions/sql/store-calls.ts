import type { VersionStore } from "../ports.ts";

/** The calls of a store that ask its database once and answer once. */
const methods = [
  ...([
    "create",
    "get",
    "list",
    "listJson",
    "count",
    "update",
    "upsert",
    "delete",
    "registerVersion",
    "resolveVersion",
  ] as const),
  ...(["setAlias", "deleteAlias", "listAliases", "compare", "import", "ping"] as const),
];

export type StoreCall = (typeof methods)[number];
export type StoreCalls = Pick<VersionStore, StoreCall>;

/** All of these calls, each passed on to one function. */
export function storeCalls(call: (method: StoreCall, args: readonly unknown[]) => Promise<unknown>): StoreCalls {
  return Object.fromEntries(
    methods.map((method) => [method, (...args: unknown[]) => call(method, args)]),
  ) as unknown as StoreCalls;
}
