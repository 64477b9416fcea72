import { setImmediate as nextTurn } from "node:timers/promises";
import { deserialize, serialize } from "node:v8";
import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { nextMessage } from "../base/next-message.ts";
import { startThread } from "../base/start-thread.ts";
import type { ModelEntry } from "../registry/model.ts";
import type { LocatedEntry, RefusedEntry } from "../registry/ports.ts";
import { type ReadDocument, readModelsDocument } from "./models-document.ts";

/** A document to read, as the thread is given it. */
interface Task extends Document {
  readonly task: "read a document of models";
}

/** A document, its place, and the namespace of entries that name none. */
interface Document {
  readonly text: string;
  readonly where: string;
  readonly defaultNamespace: string;
}

/** A part of the result, small enough to be received without holding up others. */
interface Part {
  /**
   * Each serialized by V8, as a string with one character per byte, so that a known entry can be recognized without
   * deserializing it.
   */
  readonly entries: readonly { readonly written: string; readonly location: string }[];
  readonly refused: readonly RefusedEntry[];
}

/** Entries by their serialized form. */
export type KnownEntries = ReadonlyMap<string, LocatedEntry>;

const partSize = 100;

/** Without this limit Node uses several times as much memory for the thread's short-lived objects. */
const resourceLimits = { maxYoungGenerationSizeMb: 16 };

/**
 * Reads a document in a thread that ends with it: a document of thousands of models takes half a second, and would hold
 * up predictions for that long. Unchanged entries result in the same objects. Reading that takes too long is given up:
 * some small texts keep the parser busy for minutes.
 */
export async function readInThread(
  document: Document,
  known: KnownEntries,
  timeoutMs: number,
): Promise<{ document: ReadDocument; known: KnownEntries }> {
  const { where } = document;
  const task: Task = { task: "read a document of models", ...document };
  const thread = startThread(import.meta.url, { workerData: task, resourceLimits });
  const limit = AbortSignal.timeout(timeoutMs);
  const entries = new Map<string, LocatedEntry>();
  const refused: RefusedEntry[] = [];
  try {
    for (;;) {
      thread.postMessage("next");
      const part = await nextMessage<Part | { problem: string } | undefined>(thread, limit);
      if (part === undefined) {
        return { document: { snapshot: { entries: [...entries.values()], refused } }, known: entries };
      }
      if ("problem" in part) return { document: part, known };
      for (const { written, location } of part.entries) {
        const before = known.get(written);
        entries.set(written, before?.location === location ? before : { entry: entryOf(written), location });
      }
      refused.push(...part.refused);
      await nextTurn();
    }
  } catch (error) {
    const why = limit.aborted
      ? `takes longer than ${timeoutMs / 1000} s to read (KSERVE_DOCUMENT_TIMEOUT); simplify or split it`
      : `could not be read: ${(error as Error).message}`;
    return { document: { problem: `${where}: ${why}`, mayPass: true }, known };
  } finally {
    void thread.terminate();
  }
}

function entryOf(written: string): ModelEntry {
  return Object.freeze(deserialize(Buffer.from(written, "latin1")) as ModelEntry);
}

function* partsOf({ text, where, defaultNamespace }: Task): Generator<Part | { problem: string }> {
  const document = readModelsDocument(text, where, defaultNamespace);
  if ("problem" in document) {
    yield document;
    return;
  }
  const { entries, refused } = document.snapshot;
  for (let i = 0; i < Math.max(entries.length, refused.length); i += partSize) {
    yield {
      entries: entries.slice(i, i + partSize).map(({ entry, location }) => ({
        written: serialize(entry).toString("latin1"),
        location,
      })),
      refused: refused.slice(i, i + partSize),
    };
  }
}

if (!isMainThread && (workerData as Partial<Task> | null)?.task === "read a document of models") {
  const parts = partsOf(workerData as Task);
  // One part at a time: all parts at once would be received in one turn of the event loop.
  parentPort!.on("message", () => parentPort!.postMessage(parts.next().value));
}
