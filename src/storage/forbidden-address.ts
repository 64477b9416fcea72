import { type LookupAddress, type LookupOptions, lookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { StorageError } from "./storage-error.ts";

/**
 * Where no file and no registry is, and where clouds hand out credentials of the node: link-local addresses, and the few
 * others that metadata services have, in each way that IPv6 can write an address of IPv4.
 */
const forbidden = new BlockList();
const forbidden4: readonly (readonly [address: string, prefix: number])[] = [
  ["169.254.0.0", 16],
  ["168.63.129.16", 32],
  ["100.100.100.200", 32],
  ["192.0.0.192", 32],
];
for (const [address, prefix] of forbidden4) {
  forbidden.addSubnet(address, prefix, "ipv4");
  // As in NAT64, in 6to4, and in the oldest form. The mapped form is looked up as IPv4 by Node itself.
  forbidden.addSubnet(`64:ff9b::${address}`, 96 + prefix, "ipv6");
  forbidden.addSubnet(`::${address}`, 96 + prefix, "ipv6");
  forbidden.addSubnet(`2002:${hexOf(address)}::`, 16 + prefix, "ipv6");
}
forbidden.addSubnet("fe80::", 10, "ipv6");
forbidden.addAddress("fd00:ec2::254", "ipv6");
forbidden.addAddress("fd20:ce::254", "ipv6");

const forbiddenNames = /^(metadata|metadata\.google\.internal|metadata\.goog|instance-data(\.ec2\.internal)?)$/;

/** The host of a URL as it is compared: in lower case, without brackets and without a dot at its end. */
export function plainHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.+$/, "");
}

/** Whether a host, an address or a name, is one that is never reached. */
export function isForbiddenHost(host: string): boolean {
  const plain = plainHost(host).replace(/%.*$/, "");
  const family = isIP(plain);
  return family === 0 ? forbiddenNames.test(plain) : forbidden.check(plain, family === 6 ? "ipv6" : "ipv4");
}

/** @throws StorageError */
export function assertReachable(host: string): void {
  if (isForbiddenHost(host)) throw new StorageError(`${plainHost(host)} is link-local or a metadata service; ${never}`);
}

const never = "nothing is ever read from there";

/** Resolves names, and fails for one that has a forbidden address, so that no connection to it is made. */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  const all: LookupOptions = { ...options, all: true };
  lookup(hostname, all, (error, found) => {
    const addresses = (found ?? []) as LookupAddress[];
    if (error !== null) return callback(error, "", 0);
    const bad = addresses.find(({ address }) => isForbiddenHost(address));
    if (bad !== undefined) {
      const words = `${hostname} resolves to ${bad.address}, which is link-local or a metadata service; ${never}`;
      return callback(new StorageError(words), "", 0);
    }
    if (options.all === true) return callback(null, addresses as never);
    const [first] = addresses;
    return callback(null, first!.address, first!.family);
  });
};

/**
 * Resolves a name, and fails for one that has a forbidden address. One that does not resolve is left to those who connect.
 *
 * @throws StorageError
 */
export async function assertResolvesReachable(host: string): Promise<void> {
  const plain = plainHost(host);
  assertReachable(plain);
  if (isIP(plain) !== 0) return;
  await new Promise<void>((resolve, reject) => {
    guardedLookup(plain, { all: true }, (error) => (error instanceof StorageError ? reject(error) : resolve()));
  });
}

function hexOf(address: string): string {
  const [a, b, c, d] = address.split(".").map(Number) as [number, number, number, number];
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}
