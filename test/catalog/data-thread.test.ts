import { readdirSync, readFileSync } from "node:fs";
import type { Worker } from "node:worker_threads";
import { afterAll, describe, expect, it } from "vitest";
import {
  type DataItem,
  type KnownEntry,
  readDataFile,
  UnreadableDataFile,
} from "../../src/catalog/sources/data-file.ts";
import { readDataInThread } from "../../src/catalog/sources/data-thread.ts";

const task = { assetType: "models", sourceId: "s", included: ["a*"], excluded: [], maxEntries: 1000 } as const;

/** Models of every sort: taken, left out, refused; enough for several parts. */
const text = JSON.stringify({
  models: Array.from({ length: 200 }, (_, i) => ({
    name: `${i % 7 === 0 ? "b" : "a"}${i}`,
    description: i % 5 === 0 ? i : `"quoted" \u2028 💥 ${"x".repeat(1000)}`,
    customProperties: { __proto__x: { metadataType: "MetadataDoubleValue", double_value: i / 3 } },
    artifacts: [{ uri: `oci://registry.example.org/a:${i}` }],
  })),
});

/** Every thread that was started. */
const threads: Worker[] = [];
const note = (thread: Worker) => threads.push(thread);
process.on("worker", note);
afterAll(() => void process.off("worker", note));

async function readAll(given: string, known: readonly KnownEntry[] = []): Promise<readonly DataItem[]> {
  const items: DataItem[] = [];
  const parts = readDataInThread(new TextEncoder().encode(given), task, "source", known);
  for await (const part of parts) items.push(...part);
  return items;
}

describe("a thread for data files", () => {
  it("reads what is read without it, one file after the other and several at once", async () => {
    const expected = [...readDataFile(text, task)];
    expect(new Set(expected.map(({ is }) => is))).toEqual(new Set(["entry", "excluded", "refused"]));
    expect(await readAll(text)).toEqual(expected);
    expect(await Promise.all([readAll(text), readAll(text)])).toEqual([expected, expected]);
  });

  it("does not read again what is known", async () => {
    const read = (await readAll(text)).flatMap((item) => (item.is === "entry" ? [item] : []));
    const known = read.map(({ digest, name }) => ({ digest, key: name }));
    const again = await readAll(text, known);
    expect(again.filter(({ is }) => is === "entry")).toEqual([]);
    expect(again.filter(({ is }) => is === "known")).toEqual(read.map(({ digest }) => ({ is: "known", digest })));
  });

  it.runIf(process.platform === "linux")("gives way to the threads that answer callers", async () => {
    await readAll(text);
    const threads = readdirSync("/proc/self/task").map((id) => {
      const [, rest = ""] = readFileSync(`/proc/self/task/${id}/stat`, "utf8").split(/\) (?=\w )/);
      return { id: Number(id), niceness: Number(rest.split(" ")[16]) };
    });
    const own = threads.find(({ id }) => id === process.pid)!.niceness;
    expect(threads.map(({ niceness }) => niceness)).toContain(Math.min(own + 10, 19));
  });

  it("continues after a file that cannot be read, and after one that is abandoned half-way", async () => {
    await expect(readAll("models: 7")).rejects.toThrow(UnreadableDataFile);
    for await (const [item] of readDataInThread(new TextEncoder().encode(text), task, "source")) {
      expect(item!.is).toBe("excluded");
      break;
    }
    expect(await readAll('{"models": [{"name": "a"}]}')).toMatchObject([{ is: "entry", name: "a" }]);
  });

  it("replaces a thread that ends while it is idle", async () => {
    await readAll(text);
    await Promise.all(threads.map((thread) => thread.terminate()));
    const before = threads.length;
    expect(await readAll(text)).toHaveLength(200);
    expect(threads).toHaveLength(before + 1);
  });

  it("fails at once when the thread ends while it reads", async () => {
    const models = Array.from({ length: 5000 }, (_, i) => ({ name: `a${i}`, description: "x".repeat(1000) }));
    const parts = readDataInThread(new TextEncoder().encode(JSON.stringify({ models })), task, "source");
    await parts.next();
    await Promise.all(threads.map((thread) => thread.terminate()));
    const rest = (async () => {
      for await (const _ of parts);
    })();
    await expect(rest).rejects.toThrow("could not be read: its thread has ended");
  });

  it.each([
    ["JSON", `{"models": [${"{},".repeat(3_000_000)}{}]}`, "brackets, commas and colons"],
    ["YAML", `models: [${"a,".repeat(500_000)}]`, "in one piece"],
  ])("refuses %s that would take more memory than there is before it is parsed", async (_, bomb, words) => {
    await expect(readAll(bomb)).rejects.toThrow(words);
    expect(await readAll('{"models": [{"name": "a"}]}')).toHaveLength(1);
  });
});
