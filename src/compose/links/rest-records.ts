import type { VersionFinding } from "../../registry/model.ts";
import { type VersionRef, versionRefText } from "../../registry/version-ref.ts";
import { TransferError, type WireRecord } from "../../transfer/record-source.ts";
import { RestClient, type RestOptions } from "../../transfer/rest-client.ts";
import { createVersionFinder, type LinkedRecord, type LinkKey, type VersionRecords } from "./find-version.ts";

/** Versions that are looked through for the newest live one. */
const newestPage = 100;

/** Reads from another registry, one of this program's or of Kubeflow's, over REST. */
export function restRecords(client: RestClient): VersionRecords {
  const read = async (path: string, signal: AbortSignal): Promise<WireRecord | undefined> =>
    await client.find((await client.prefix(signal)) + path, signal);
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

/**
 * Looks versions up in a registry of versions over REST, each once.
 *
 * @returns what was found, by the text of the reference
 * @throws TransferError where the registry cannot be asked
 */
export async function lookUpVersions(
  refs: readonly VersionRef[],
  options: RestOptions,
): Promise<ReadonlyMap<string, VersionFinding>> {
  const client = new RestClient({ attempts: 1, ...options });
  const finder = createVersionFinder(restRecords(client));
  const findings = new Map<string, VersionFinding>();
  try {
    for (const ref of refs) {
      const text = versionRefText(ref);
      if (!findings.has(text)) findings.set(text, await finder.find(ref, AbortSignal.timeout(options.timeoutMs)));
    }
  } finally {
    client.close();
  }
  return findings;
}
