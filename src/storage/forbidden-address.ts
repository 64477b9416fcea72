import { type LookupAddress, type LookupOptions, lookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { embeddedIpv4 } from "../base/embedded-ipv4.ts";
import { StorageError } from "./storage-error.ts";

/**
 * Addresses without files or registries, where clouds provide a node's credentials: link-local addresses, and the few
 * others of metadata services.
 */
const forbidden = new BlockList();
forbidden.addSubnet("169.254.0.0", 16, "ipv4");
for (const address of ["168.63.129.16", "100.100.100.200", "192.0.0.192"]) forbidden.addAddress(address, "ipv4");
forbidden.addSubnet("fe80::", 10, "ipv6");
forbidden.addAddress("fd00:ec2::254", "ipv6");
forbidden.addAddress("fd20:ce::254", "ipv6");

const forbiddenNames = /^(metadata|metadata\.google\.internal|metadata\.goog|instance-data(\.ec2\.internal)?)$/;

/** The host of a URL in comparable form: in lower case, without brackets and without a trailing dot. */
export function plainHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.+$/, "");
}

/** Whether a host, given as an address or a name, must never be reached. */
export function isForbiddenHost(host: string): boolean {
  const plain = plainHost(host).replace(/%.*$/, "");
  const family = isIP(plain);
  if (family === 0) return forbiddenNames.test(plain);
  if (family === 4) return forbidden.check(plain, "ipv4");
  return forbidden.check(plain, "ipv6") || embeddedIpv4(plain).some((one) => forbidden.check(one, "ipv4"));
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
