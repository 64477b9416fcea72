import { type LookupAddress, type LookupAllOptions, lookup } from "node:dns";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { assertResolvesReachable, guardedLookup, isForbiddenHost } from "../../src/storage/forbidden-address.ts";

// No name of a machine for tests resolves to a link-local address.
vi.mock("node:dns", () => ({ lookup: vi.fn() }));

const resolvesTo = (...addresses: readonly LookupAddress[]): void => {
  vi.mocked(lookup as (name: string, options: LookupAllOptions, done: Done) => void).mockImplementation(
    (_name, _options, done) => done(null, [...addresses]),
  );
};

type Done = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void;

beforeEach(() => {
  vi.mocked(lookup).mockReset();
});

const good = { address: "10.0.0.1", family: 4 };
const bad = [
  { address: "169.254.169.254", family: 4 },
  { address: "fe80::1", family: 6 },
  { address: "192.0.0.192", family: 4 },
  { address: "64:ff9b::192.0.0.192", family: 6 },
  { address: "64:ff9b:1::192.0.0.192", family: 6 },
  { address: "64:ff9b:1:6464:64:c800::", family: 6 },
  { address: "fd00:ec2::254", family: 6 },
  { address: "::ffff:169.254.169.254", family: 6 },
];

describe("forbidden addresses", () => {
  it.each([
    "10.0.0.1",
    "169.253.255.255",
    "169.255.0.0",
    "fec0::1",
    "fd00:ec2::253",
    "::ffff:10.0.0.1",
    "2002:a9fd::1",
    "64:ff9b:1::10.0.0.1",
    "64:ff9b:2::169.254.169.254",
  ])("are not %s", (address) => expect(isForbiddenHost(address)).toBe(false));

  it("are found behind names, among others too", async () => {
    for (const address of bad) {
      resolvesTo(good, address);
      await expect(assertResolvesReachable("rebound.example")).rejects.toThrow(
        `rebound.example resolves to ${address.address}, which is link-local or a metadata service`,
      );
      const error = await new Promise((resolve) => guardedLookup("rebound.example", {}, (problem) => resolve(problem)));
      expect(error).toBeInstanceOf(Error);
    }
  });

  it("do not affect other names, whether one address is looked up or all", async () => {
    resolvesTo(good);
    await assertResolvesReachable("files.example");
    const found = (options: object) =>
      new Promise((resolve) => guardedLookup("files.example", options, (...answer) => resolve(answer)));
    expect(await found({})).toEqual([null, "10.0.0.1", 4]);
    expect(await found({ all: true })).toEqual([null, [good]]);
  });
});
