/** What the two threads of SQLite leave behind where one or both of them end. */
import { once } from "node:events";
import { mkdtempSync, readdirSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { expect, it, onTestFinished } from "vitest";
import { openVersionStore } from "../../src/versions/open-store.ts";
import type { VersionStore } from "../../src/versions/ports.ts";
import { until } from "../support/until.ts";

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

it("a file that is removed, replaced or emptied takes no more writes, until it is back", async () => {
  const { store, folder } = await openFile();
  const path = join(folder, "versions.db");
  const write = (name: string) => store.create("registeredModel", { fields: { name } });
  const refused = { reason: "DATABASE_UNAVAILABLE" };
  for (const [take, putBack] of [
    [() => renameSync(path, `${path}.away`), () => renameSync(`${path}.away`, path)],
    [
      () => {
        renameSync(path, `${path}.away`);
        writeFileSync(path, "another file");
      },
      () => renameSync(`${path}.away`, path),
    ],
  ] as const) {
    take();
    await expect(write("lost")).rejects.toMatchObject(refused);
    await until(async () => (await store.count("registeredModel", {}).catch(() => undefined)) === undefined);
    putBack();
    await until(() => store.status().state === "ready", "the file is found again");
    await write(`kept-${await store.count("registeredModel", {})}`);
  }
  truncateSync(path);
  await expect(write("lost")).rejects.toMatchObject(refused);
  await store.close();
});

it("a thread of filters that ends or cannot start fails its own calls alone, and says nothing of the file", async () => {
  const threads: Worker[] = [];
  const note = (thread: Worker) => threads.push(thread);
  process.on("worker", note);
  onTestFinished(() => {
    process.off("worker", note);
  });
  const { store } = await openFile();
  await store.count("registeredModel", slow);
  const filtered = store.count("registeredModel", slow);
  filtered.catch(() => {});
  await threads[1]!.terminate();
  await expect(filtered).rejects.toMatchObject({ reason: "DATABASE_UNAVAILABLE", data: { why: "busy" } });
  expect(store.status().state).toBe("ready");
  expect(await store.count("registeredModel", slow)).toBe(0);
  await store.close();
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
