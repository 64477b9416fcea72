import { kinds } from "../../versions/kinds/kinds.ts";
import type { VersionStore } from "../../versions/ports.ts";
import type { VersionRecord } from "../../versions/record.ts";
import { ifFound } from "../../versions/versions-error.ts";
import type { LinkedRecord, VersionRecords } from "./find-version.ts";

/** Reads from the registry of versions of this process. */
export function storeRecords(store: Pick<VersionStore, "get" | "list" | "listAliases">): VersionRecords {
  return {
    model: (key, signal) => unlessMissing(store.get("registeredModel", key, { signal })),
    version: (key, parentId, signal) =>
      unlessMissing(store.get("modelVersion", "id" in key ? key : { ...key, parentId }, { signal })),
    async newestVersion(registeredModelId, signal) {
      const where = { registeredModelId, state: "LIVE" };
      const query = { where, orderBy: "CREATE_TIME", descending: true, pageSize: 1 } as const;
      const [newest] = (await store.list("modelVersion", query, { signal })).records;
      return newest === undefined ? undefined : linkedRecord(newest);
    },
    aliases: (modelId, signal) => store.listAliases(modelId, { signal }),
  };
}

async function unlessMissing(found: Promise<VersionRecord>): Promise<LinkedRecord | undefined> {
  const record = await ifFound(found);
  return record && linkedRecord(record);
}

/** Declarations are kept as JSON text. */
function linkedRecord({ kind, id, name, fields }: VersionRecord): LinkedRecord {
  const texts = kinds[kind].fields.filter(({ type }) => type === "json").map((field) => field.name);
  const read = (field: string, value: unknown) => (texts.includes(field) ? JSON.parse(value as string) : value);
  return {
    id,
    name,
    fields: Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, read(key, value)])),
  };
}
