import type { VersionFinding } from "../../registry/model.ts";
import { type VersionRef, versionRefText } from "../../registry/version-ref.ts";
import { RestClient, type RestOptions } from "../../transfer/rest-client.ts";
import { createVersionFinder } from "./find-version.ts";
import { restRecords } from "./rest-records.ts";

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
