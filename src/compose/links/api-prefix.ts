import { TransferError } from "../../transfer/record-source.ts";
import type { RestClient } from "../../transfer/rest-client.ts";

/** Newer servers speak both, older ones the second alone. */
const prefixes = ["/api/model_registry/v1", "/api/model_registry/v1alpha3"] as const;

/** Which version of the API a registry speaks: found out by the first call, and known from then on. */
export function apiPrefix(client: RestClient): (signal: AbortSignal) => Promise<string> {
  let known: string | undefined;
  return async (signal) => {
    known ??= await findPrefix(client, signal);
    return known;
  };
}

async function findPrefix(client: RestClient, signal: AbortSignal): Promise<string> {
  for (const prefix of prefixes) {
    const path = `${prefix}/registered_models?pageSize=1`;
    const answer = await client.get(path, signal);
    if (answer.status === 200) return prefix;
    if (answer.status !== 404 && answer.status !== 410) throw client.failure("GET", path, answer);
  }
  throw new TransferError(`there is no model registry at this address: neither ${prefixes.join(" nor ")} is there`);
}
