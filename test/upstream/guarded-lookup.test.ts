import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { CachedFile } from "../../src/base/cached-file.ts";
import { Cancellation } from "../../src/base/cancellation.ts";
import { MemoryBudget } from "../../src/registry/memory-budget.ts";
import { createUpstream } from "../../src/upstream/by-protocol.ts";
import { isForbiddenAddress } from "../../src/upstream/http/guarded-lookup.ts";
import { temporaryFolder } from "../support/certificates.ts";
import { startFakeUpstream } from "../support/fake-upstream.ts";
import { registered } from "../support/registered.ts";

describe("the addresses that an entry which is not trusted may lead to", () => {
  it.each<[string, boolean]>([
    ["127.0.0.1", true],
    ["127.255.255.254", true],
    ["0.0.0.0", true],
    ["169.254.169.254", true],
    ["169.254.1.1", true],
    ["168.63.129.16", true],
    ["100.100.100.200", true],
    ["::1", true],
    ["::", true],
    ["fe80::1%eth0", true],
    ["febf::1", true],
    ["fd00:ec2::254", true],
    ["::ffff:127.0.0.1", true],
    ["::ffff:7f00:1", true],
    ["::127.0.0.1", true],
    ["64:ff9b::a9fe:a9fe", true],
    ["2002:7f00:1::", true],
    ["not an address", true],
    ["10.96.0.1", false],
    ["192.168.1.1", false],
    ["172.16.0.1", false],
    ["100.64.0.1", false],
    ["8.8.8.8", false],
    ["fd00::1", false],
    ["2001:db8::1", false],
    ["::ffff:10.0.0.1", false],
    ["64:ff9b::a00:1", false],
    ["64:ff9b:1::a9fe:a9fe", true],
    ["64:ff9b:1:a9fe:a9:fe00::", true],
    ["64:ff9b:1:12a9:fe:a9fe::", true],
    ["64:ff9b:1:1234:a9:fea9:fe00:0", true],
    ["::ffff:0:169.254.169.254", true],
    ["64:ff9b:1::a00:1", false],
    ["64:ff9b:1:a00:0:100::", false],
  ])("%s is forbidden: %s", (address, forbidden) => {
    expect(isForbiddenAddress(address)).toBe(forbidden);
  });
});

describe("a model whose entry is not trusted", () => {
  const body = Buffer.from('{"instances":[[1]]}');

  async function predict(host: string, tenant: string | undefined): Promise<string> {
    const upstream = await startFakeUpstream();
    onTestFinished(() => upstream.close());
    const kserve = createUpstream({
      connectTimeoutMs: 2000,
      idleTimeoutMs: 10_000,
      maxResponseBytes: 1024,
      retries: { share: 0 },
      tls: { caFiles: [], certFile: undefined, keyFile: undefined },
      memory: new MemoryBudget(Number.POSITIVE_INFINITY),
    });
    onTestFinished(() => kserve.close());
    const url = upstream.url.replace("127.0.0.1", host);
    const call = (one: string | undefined) =>
      kserve
        .predict({
          model: { ...registered({ url }), tenant: one },
          body,
          headers: {},
          cancellation: new Cancellation<Error>(),
          holder: undefined,
        })
        .then(
          () => "answered",
          (error: Error) => error.message,
        );
    // An open connection of a trusted one must be of no use to it.
    await call(undefined);
    return call(tenant);
  }

  it.each(["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])("does not reach this machine as %s", async (host) => {
    expect(await predict(host, "tenant-a")).toMatch(/of a kind that only trusted entries may use/);
    if (host !== "[::ffff:127.0.0.1]") expect(await predict(host, undefined)).toBe("answered");
  });
});

describe("a file of credentials", () => {
  it("lies in its folders once links are followed, each time that it is read", () => {
    const root = temporaryFolder();
    for (const name of ["in", "out"]) {
      mkdirSync(join(root, name));
      writeFileSync(join(root, name, "token"), name);
    }
    symlinkSync(join(root, "out", "token"), join(root, "in", "link"));
    symlinkSync(join(root, "in"), join(root, "way"));
    const read = (path: string, dir: string): string => new CachedFile(path, [dir]).read();
    expect(read(join(root, "in", "token"), join(root, "in"))).toBe("in");
    expect(read(join(root, "way", "token"), join(root, "way"))).toBe("in");
    expect(() => read(join(root, "in", "link"), join(root, "in"))).toThrow(/leads out of .*KSERVE_CREDENTIALS_DIRS/);
    expect(() => read(join(root, "in", "token"), join(root, "gone"))).toThrow(/leads out/);
  });
});
