import { kinds } from "../../versions/kinds/kinds.ts";
import { maxPageSize, type VersionStore } from "../../versions/ports.ts";
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
      const query = { where: { registeredModelId }, orderBy: "CREATE_TIME", descending: true } as const;
      const { records } = await store.list("modelVersion", { ...query, pageSize: maxPageSize }, { signal });
      const live = records.find(({ fields }) => fields.state === "LIVE");
      return live === undefined ? undefined : linkedRecord(live);
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
