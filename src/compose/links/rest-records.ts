import { TransferError, type WireRecord } from "../../transfer/record-source.ts";
import type { RestClient } from "../../transfer/rest-client.ts";
import type { LinkedRecord, LinkKey, VersionRecords } from "./version-records.ts";

/** Newer servers speak both, older ones the second alone. */
const prefixes = ["/api/model_registry/v1", "/api/model_registry/v1alpha3"] as const;

/** Versions that are looked through for the newest live one. */
const newestPage = 100;

/** Reads from another registry, one of this program's or of Kubeflow's, over REST. */
export function restRecords(client: RestClient): VersionRecords {
  let prefix: string | undefined;

  /** Which version of the API it speaks: found once. */
  const findPrefix = async (signal: AbortSignal): Promise<string> => {
    for (const each of prefixes) {
      const { status } = await client.get(`${each}/registered_models?pageSize=1`, signal);
      if (status === 200) return each;
      // Anything but this is an answer of a registry.
      if (status !== 404 && status !== 410) await client.json(`${each}/registered_models?pageSize=1`, signal);
    }
    throw new TransferError(`there is no model registry at this address: neither ${prefixes.join(" nor ")} is there`);
  };
  const read = async (path: string, signal: AbortSignal): Promise<WireRecord | undefined> => {
    prefix ??= await findPrefix(signal);
    return await client.find(prefix + path, signal);
  };
  const find = async (kind: string, key: LinkKey, parentId: string | undefined, signal: AbortSignal) => {
    if ("id" in key) return record(await read(`/${kind}s/${encodeURIComponent(key.id)}`, signal));
    const query = new URLSearchParams({
      name: key.name,
      ...(parentId === undefined ? {} : { parentResourceId: parentId }),
    });
    return record(await read(`/${kind}?${query}`, signal));
  };
  return {
    model: (key, signal) => find("registered_model", key, undefined, signal),
    version: (key, modelId, signal) => find("model_version", key, modelId, signal),
    async newestVersion(modelId, signal) {
      const query = new URLSearchParams({ orderBy: "CREATE_TIME", sortOrder: "DESC", pageSize: String(newestPage) });
      const page = await read(`/registered_models/${encodeURIComponent(modelId)}/versions?${query}`, signal);
      return record(itemsOf(page).find(({ state }) => state === undefined || state === "LIVE"));
    },
    async aliases(modelId, signal) {
      // Aliases are an addition of this program: Kubeflow's server knows no such path.
      const list = await read(`/registered_models/${encodeURIComponent(modelId)}/aliases`, signal);
      return itemsOf(list).map(({ alias, modelVersionId }) => ({
        alias: String(alias),
        modelVersionId: String(modelVersionId),
      }));
    },
  };
}

function record(found: WireRecord | undefined): LinkedRecord | undefined {
  if (found === undefined) return undefined;
  const { id, name, ...fields } = found;
  if (typeof id === "string" && typeof name === "string") return { id, name, fields };
  throw new TransferError("a record of the registry has no id and name; is it a model registry?");
}

function itemsOf(page: WireRecord | undefined): readonly WireRecord[] {
  return Array.isArray(page?.items) ? (page.items as WireRecord[]) : [];
}
