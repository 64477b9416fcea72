import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { FileWatcher, type OnFileChange } from "../../src/base/file-watcher.ts";
import { temporaryFolder } from "../support/certificates.ts";
import { until } from "../support/until.ts";

// Without the look now and then: what is shown is that changes are noticed at once.
const never = 1_000_000;

function watchCalls(paths: readonly string[], answer: OnFileChange = () => true, pollMs = never) {
  const seen = { calls: 0 };
  const onChange: OnFileChange = () => {
    seen.calls++;
    return answer();
  };
  const watcher = new FileWatcher(paths, onChange, { pollMs });
  onTestFinished(() => watcher.stop());
  return seen;
}

describe("a watcher of files", () => {
  it("calls once at the start, and once for changes that come close together", async () => {
    const folder = temporaryFolder();
    const paths = ["cert", "key"].map((name) => join(folder, name));
    for (const path of paths) writeFileSync(path, "1");
    const seen = watchCalls(paths);
    await until(() => seen.calls === 1);
    await sleep(20);
    for (const path of paths) writeFileSync(path, "22");
    await until(() => seen.calls === 2);
    await sleep(150);
    expect(seen.calls).toBe(2);
  });

  it("follows links into a folder that Kubernetes exchanges", async () => {
    const folder = temporaryFolder();
    for (const [i, version] of ["..1", "..2"].entries()) {
      mkdirSync(join(folder, version));
      writeFileSync(join(folder, version, "file"), `${i}`);
    }
    symlinkSync("..1", join(folder, "..data"));
    symlinkSync("..data/file", join(folder, "file"));
    const seen = watchCalls([join(folder, "file")]);
    await until(() => seen.calls === 1);
    await sleep(20);
    symlinkSync("..2", join(folder, "..data_tmp"));
    renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
    await until(() => seen.calls === 2);
  });

  it("waits for one that writes on and on no longer than half a second, and no negative time", async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): unknown => warnings.push(warning);
    process.on("warning", onWarning);
    onTestFinished(() => void process.off("warning", onWarning));
    const path = join(temporaryFolder(), "file");
    writeFileSync(path, "");
    const seen = watchCalls([path]);
    await until(() => seen.calls === 1);
    for (let i = 0; seen.calls < 3; i++) {
      writeFileSync(path, "x".repeat(i));
      await sleep(10);
      // A busy turn makes the wait that is left a past one.
      if (i % 20 === 0) for (const end = performance.now() + 60; performance.now() < end; );
    }
    expect(warnings).toEqual([]);
  });

  it("calls again at the next look while what it finds is of no use", async () => {
    let isOfUse = false;
    const seen = watchCalls([join(temporaryFolder(), "missing")], () => isOfUse, 10);
    await until(() => seen.calls >= 3);
    isOfUse = true;
    await until(() => seen.calls >= 4);
    const { calls } = seen;
    await sleep(60);
    expect(seen.calls).toBeLessThanOrEqual(calls + 1);
  });

  it("calls no more once it is stopped", async () => {
    const path = join(temporaryFolder(), "file");
    let calls = 0;
    const watcher = new FileWatcher([path], () => ++calls > 0, { pollMs: 10 });
    await until(() => calls === 1);
    await watcher.stop();
    writeFileSync(path, "later");
    await sleep(100);
    expect(calls).toBe(1);
  });
});
