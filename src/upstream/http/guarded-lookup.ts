import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { embeddedIpv4 } from "../../base/embedded-ipv4.ts";
import { bareHost } from "../../base/url-address.ts";

/** An address that untrusted entries may not lead to. */
export class ForbiddenAddress extends Error {
  readonly code = "ERR_FORBIDDEN_ADDRESS";

  constructor(host: string, address: string) {
    super(`${host} is ${address}, an address that only trusted entries may use`);
    this.name = "ForbiddenAddress";
  }
}

const forbidden = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["127.0.0.0", 8],
  // Link-local, with the metadata services of most clouds.
  ["169.254.0.0", 16],
  // Metadata: Alibaba, Azure, Oracle.
  ["100.100.100.200", 32],
  ["168.63.129.16", 32],
  ["192.0.0.192", 32],
  ["224.0.0.0", 4],
  ["255.255.255.255", 32],
] as const) {
  forbidden.addSubnet(network, prefix, "ipv4");
}
for (const [network, prefix] of [
  ["::", 128],
  ["::1", 128],
  ["fe80::", 10],
  // Metadata: AWS, Google.
  ["fd00:ec2::254", 128],
  ["fd20:ce::254", 128],
  ["ff00::", 8],
] as const) {
  forbidden.addSubnet(network, prefix, "ipv6");
}

/** Whether an IP address is this machine, link-local, multicast, or that of a cloud's metadata service. */
export function isForbiddenAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return forbidden.check(address, "ipv4");
  if (family === 0) return true;
  return forbidden.check(address, "ipv6") || embeddedIpv4(address).some((one) => forbidden.check(one, "ipv4"));
}

/** @throws ForbiddenAddress for the host of a URL that is an IP address itself, which nobody looks up */
export function assertHostAllowed(host: string): void {
  const address = bareHost(host);
  if (isIP(address) !== 0 && isForbiddenAddress(address)) throw new ForbiddenAddress(host, address);
}

/**
 * Resolves a name for a connection, and fails where one of its addresses is forbidden. The connection itself uses this
 * look-up, so a name that resolves differently the next time gains nothing.
 */
export const guardedLookup: LookupFunction = (host, options, callback) => {
  dnsLookup(host, { ...(options as LookupOptions), all: true }, (error, found) => {
    const addresses = found as LookupAddress[];
    const bad = error === null ? addresses.find(({ address }) => isForbiddenAddress(address)) : undefined;
    const failure = error ?? (bad === undefined ? undefined : new ForbiddenAddress(host, bad.address));
    if (failure !== undefined) return callback(failure, "", 0);
    if (options.all === true) return callback(null, addresses);
    return callback(null, addresses[0]!.address, addresses[0]!.family);
  });
};
