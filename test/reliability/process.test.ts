import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { parseCoreWaitMs, watchCoreWait } from "../../measure/core-wait.ts";
import { brotliBomb } from "../../reliability/oversize/brotli-bomb.ts";
import { gzipBomb } from "../../reliability/oversize/gzip-bomb.ts";
import { vitalsOf } from "../../reliability/process/vitals.ts";
import { quarters } from "../../reliability/soak/report.ts";

describe("what a process holds", () => {
  it("is read off /proc", () => {
    const { handles, sockets, residentBytes } = vitalsOf(process.pid);
    expect(handles).toBeGreaterThan(sockets);
    expect(residentBytes).toBeGreaterThan(10e6);
  });

  it("is compared by the medians of the second and the last quarter", () => {
    const samples = [9, 9, 9, 1, 2, 3, 9, 9, 9, 4, 100, 5].map((handles) => ({
      handles,
      sockets: 0,
      residentBytes: 0,
    }));
    expect(quarters(samples, ({ handles }) => handles)).toEqual([2, 5]);
  });
});

describe("the wait for a core", () => {
  it("is the second figure of schedstat, in nanoseconds", () => {
    expect(parseCoreWaitMs("5000000 1500000 42\n")).toBe(1.5);
  });

  it("of a process that is gone is nothing", () => {
    const wait = watchCoreWait([2 ** 22 + 1]);
    expect(wait.between(0, performance.now())).toBe(0);
    expect(wait.spreadBetween(0, performance.now())).toBe(0);
    wait.stop();
  });
});

describe("a Brotli bomb", () => {
  it("holds as much as it says in next to nothing", async () => {
    const bomb = await brotliBomb(32 * 1024 ** 2);
    expect(bomb.length).toBeLessThan(1024);
    expect(brotliDecompressSync(bomb).length).toBe(32 * 1024 ** 2);
  });
});

describe("a gzip bomb", () => {
  it("holds as much as it says in a thousandth", () => {
    const bomb = gzipBomb(32 * 1024 ** 2, 1024);
    expect(bomb.readUInt32LE(bomb.length - 4)).toBe(1024);
    expect(bomb.length).toBeLessThan(64 * 1024);
    // Everything is taken out but the checksum, which is wrong.
    expect(() => gunzipSync(bomb)).toThrow("incorrect data check");
  });
});
