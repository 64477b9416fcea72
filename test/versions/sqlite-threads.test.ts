/** What the two threads of SQLite leave behind where one or both of them end. */
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { expect, it, onTestFinished } from "vitest";
import { openVersionStore } from "../../src/versions/open-store.ts";
import type { VersionStore } from "../../src/versions/ports.ts";

/** A filter that takes tens of milliseconds on such a record, which has nothing that fits. */
const slow = { filter: `readme LIKE '%${"a".repeat(80)}b%'` };

async function openFile(): Promise<{ store: VersionStore; folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), "kserve-model-registry-threads-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const store = await openVersionStore({ kind: "sqlite", path: join(folder, "versions.db") });
  await store.create("registeredModel", { fields: { name: "m", readme: "a".repeat(300_000) } });
  return { store, folder };
}

it("a store that closes during a filter leaves one file, with all records", async () => {
  const { store, folder } = await openFile();
  const filtered = store.count("registeredModel", slow);
  await store.get("registeredModel", { name: "m" });
  await store.close();
  expect(await filtered).toBe(0);
  expect(readdirSync(folder)).toEqual(["versions.db"]);
});

it("the thread of filters ends with the one that writes", async () => {
  const threads: Worker[] = [];
  const note = (thread: Worker) => threads.push(thread);
  process.on("worker", note);
  onTestFinished(() => {
    process.off("worker", note);
  });
  const { store } = await openFile();
  await store.count("registeredModel", slow);
  expect(threads).toHaveLength(2);
  const ended = once(threads[1]!, "exit");
  await threads[0]!.terminate();
  await ended;
  await store.close();
});
