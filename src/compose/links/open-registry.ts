import type { Config } from "../../config/config.ts";
import type { Registries, RegistryRecord, RegistryRecords } from "../../controller/links/registry-records.ts";
import { TransferError, type WireRecord } from "../../transfer/record-source.ts";
import { maxRecordBytes, type RestAnswer, RestClient } from "../../transfer/rest-client.ts";
import { registryTrust } from "./open-links.ts";

const timeoutMs = 10_000;

/** The registries that the controller writes into, with the token that is for them. */
export function openRegistries(config: Config): Registries {
  const options = {
    ...registryTrust(config),
    tokenHint: "set VERSIONS_TOKEN_FILE to a file with a token that may write it",
    timeoutMs,
    maxAnswerBytes: maxRecordBytes,
    // The controller's queue tries again.
    attempts: 1,
    skipVerify: config.skipTlsVerify,
  };
  const opened = new Map<string, RestClient>();
  return {
    at(address, signal) {
      const client = opened.get(address) ?? new RestClient({ address, ...options });
      opened.set(address, client);
      return recordsOf(client, signal);
    },
    close() {
      for (const client of opened.values()) client.close();
      opened.clear();
    },
  };
}

function recordsOf(client: RestClient, signal: AbortSignal): RegistryRecords {
  return {
    async find(path) {
      const found = await client.find((await client.prefix(signal)) + path, signal);
      return found === undefined ? undefined : asRecord(found);
    },
    async list(path) {
      const page = await client.find((await client.prefix(signal)) + path, signal);
      return Array.isArray(page?.items) ? (page.items as WireRecord[]).map(asRecord) : [];
    },
    async create(path, body) {
      const full = (await client.prefix(signal)) + path;
      const answer = await client.send("POST", full, body, signal);
      // Kubeflow's description says 200, and its server 201.
      if (answer.status === 200 || answer.status === 201) return recordOf(answer);
      if (answer.status === 409) return "conflict";
      throw client.failure("POST", full, answer);
    },
    async patch(path, body) {
      const full = (await client.prefix(signal)) + path;
      const answer = await client.send("PATCH", full, body, signal);
      if (answer.status === 200) return recordOf(answer);
      if (answer.status === 404) return undefined;
      throw client.failure("PATCH", full, answer);
    },
  };
}

function recordOf({ body }: RestAnswer): RegistryRecord {
  try {
    return asRecord(JSON.parse(body) as WireRecord);
  } catch (error) {
    if (error instanceof TransferError) throw error;
    throw new TransferError("the registry answers with something other than a JSON object; is it a model registry?");
  }
}

function asRecord(record: WireRecord): RegistryRecord {
  if (typeof record?.id === "string") return record as RegistryRecord;
  throw new TransferError("a record of the registry has no id; is it a model registry?");
}
