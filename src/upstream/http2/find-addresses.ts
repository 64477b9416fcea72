import { type LookupAddress, lookup } from "node:dns";
import { isIP } from "node:net";
import { bareHost } from "../../base/url-address.ts";
import { assertHostAllowed, guardedLookup } from "../http/guarded-lookup.ts";

/**
 * All addresses of a host: one for each pod where its Service is headless.
 *
 * @param host of a URL: a name or an IP address, IPv6 in brackets
 * @param guarded fails where one of them is an address that only trusted entries may lead to
 * @throws Error of the look-up, ForbiddenAddress
 */
export async function findAddresses(host: string, guarded: boolean): Promise<readonly string[]> {
  const bare = bareHost(host);
  if (guarded) assertHostAllowed(host);
  if (isIP(bare) !== 0) return [bare];
  const found = await new Promise<readonly LookupAddress[]>((resolve, reject) => {
    (guarded ? guardedLookup : lookup)(host, { all: true }, (error, addresses) => {
      if (error === null) resolve(addresses as LookupAddress[]);
      else reject(error);
    });
  });
  return [...new Set(found.map(({ address }) => address))];
}
