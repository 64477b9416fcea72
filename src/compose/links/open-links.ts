import { readFileSync } from "node:fs";
import { CachedFile } from "../../base/cached-file.ts";
import { withoutTrailingSlashes } from "../../base/field-reader.ts";
import type { Config } from "../../config/config.ts";
import type { VersionFinder } from "../../registry/ports.ts";
import type { Registry } from "../../registry/registry.ts";
import { VersionLinks } from "../../registry/version-links.ts";
import { maxRecordBytes, RestClient, type RestOptions } from "../../transfer/rest-client.ts";
import type { VersionStore } from "../../versions/ports.ts";
import type { Log } from "../log.ts";
import { createVersionFinder } from "./find-version.ts";
import { restRecords } from "./rest-records.ts";
import { storeRecords } from "./store-records.ts";

/** A look-up is tried twice, and again in the next round. */
const attempts = 2;
const timeoutMs = 5000;

/**
 * Creates the look-up of versions: in this process's registry of versions, or in the one that `VERSIONS_URL` names.
 * Without either, every link stays unknown and says what to configure.
 */
export function openFinder(config: Config, store: VersionStore | undefined): { finder: VersionFinder; close(): void } {
  if (store !== undefined) return { finder: createVersionFinder(storeRecords(store)), close() {} };
  if (config.versionsUrl === undefined) return { finder: nowhere, close() {} };
  const client = new RestClient({
    address: withoutTrailingSlashes(config.versionsUrl),
    ...registryTrust(config),
    tokenHint: "set VERSIONS_TOKEN_FILE to a file with a token that may read it",
    timeoutMs,
    maxAnswerBytes: maxRecordBytes,
    attempts,
  });
  return { finder: createVersionFinder(restRecords(client)), close: () => client.close() };
}

/**
 * Which authorities and which token are used for another registry of versions. The token is read again for each call:
 * Kubernetes replaces the file about every hour.
 */
export function registryTrust({ versionsTokenFile, versionsCaFile }: Config): Pick<RestOptions, "ca" | "token"> {
  const token = versionsTokenFile === undefined ? undefined : new CachedFile(versionsTokenFile);
  const ca = versionsCaFile === undefined ? undefined : readFileSync(versionsCaFile);
  return { ca, token: () => token?.read().trim() };
}

const nowhere: VersionFinder = {
  async find() {
    const problem = "no registry of versions is configured: set DATABASE_URL, or VERSIONS_URL to the address of one";
    return { state: "unknown", problem };
  },
};

/** Problems of the variables of links, each named by its variable. */
export function linkProblems(config: Config, hasDatabase: boolean): string[] {
  const { versionsUrl, versionsTokenFile, versionsCaFile } = config;
  const problems: string[] = [];
  if (versionsUrl !== undefined && hasDatabase) {
    problems.push(
      "VERSIONS_URL: not together with DATABASE_URL; links lead to the registry of versions of this process",
    );
  }
  for (const [name, value] of [
    ["VERSIONS_TOKEN_FILE", versionsTokenFile],
    ["VERSIONS_CA_FILE", versionsCaFile],
  ] as const) {
    if (value !== undefined && versionsUrl === undefined) problems.push(`${name}: needs VERSIONS_URL`);
  }
  return [...problems, ...caFileProblems(config)];
}

/** The problem of the file of authorities, named by its variable. */
export function caFileProblems({ versionsCaFile }: Config): string[] {
  if (versionsCaFile === undefined) return [];
  try {
    readFileSync(versionsCaFile);
    return [];
  } catch (error) {
    return [`VERSIONS_CA_FILE: ${(error as Error).message}`];
  }
}

/** Keeps the linked versions of a registry's models up to date, and logs why they cannot be looked up. */
export function followLinks(registry: Registry, finder: VersionFinder, config: Config, log: Log): VersionLinks {
  return new VersionLinks({
    registry,
    finder,
    refreshMs: config.versionsRefreshMs,
    onTrouble(problem) {
      if (problem === undefined) log.info("Versions that models are linked to can be looked up again");
      else log.warn({ problem }, `Versions that models are linked to cannot be looked up: ${problem}`);
    },
  });
}
