import { once } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { type DataFileTask, type DataItem, readDataFile, textOf, UnreadableDataFile } from "./data-file.ts";

/** A file to read, as the thread is given it. */
interface ThreadTask {
  readonly task: "read a data file of the catalog";
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly about: DataFileTask;
}

/** Some of what was read: few enough items that taking them takes no time. Undefined at the end. */
type Part = readonly DataItem[] | { readonly unreadable: string } | undefined;

const partSize = 50;

/**
 * What a thread may use. A document of aliases or of odd keys may grow without end; the thread then ends, and nothing else
 * does.
 */
const resourceLimits = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 1024 };

/** The longest that a thread may work on one part, in milliseconds. */
const partTimeoutMs = 60_000;

/**
 * Reads a data file in a thread of its own, which ends with it.
 *
 * @throws UnreadableDataFile
 */
export async function* readDataInThread(bytes: Uint8Array<ArrayBuffer>, about: DataFileTask): AsyncGenerator<DataItem> {
  const data: ThreadTask = { task: "read a data file of the catalog", bytes, about };
  // This module is in the bundle under another name: the thread starts with whatever file it is in.
  const thread = new Worker(new URL(import.meta.url), {
    workerData: data,
    transferList: [bytes.buffer],
    execArgv: [],
    resourceLimits,
  });
  thread.unref();
  try {
    for (;;) {
      thread.postMessage("next");
      const [part] = (await once(thread, "message", { signal: AbortSignal.timeout(partTimeoutMs) })) as [Part];
      if (part === undefined) return;
      if ("unreadable" in part) throw new UnreadableDataFile(part.unreadable);
      yield* part;
      await nextTurn();
    }
  } catch (error) {
    if (error instanceof UnreadableDataFile) throw error;
    throw new UnreadableDataFile(`could not be read: ${wordsOf(error)}`);
  } finally {
    await thread.terminate();
  }
}

function wordsOf(error: unknown): string {
  const { name, code, message } = error as Error & { code?: string };
  if (name === "AbortError") return "it takes too long";
  return code === "ERR_WORKER_OUT_OF_MEMORY" ? "it takes too much memory" : message;
}

function* partsOf({ bytes, about }: ThreadTask): Generator<Part> {
  let part: DataItem[] = [];
  try {
    for (const item of readDataFile(textOf(bytes), about)) {
      part.push(item);
      if (part.length < partSize) continue;
      yield part;
      part = [];
    }
    if (part.length > 0) yield part;
  } catch (error) {
    if (!(error instanceof UnreadableDataFile)) throw error;
    yield { unreadable: error.message };
  }
}

if (!isMainThread && (workerData as Partial<ThreadTask> | null)?.task === "read a data file of the catalog") {
  const parts = partsOf(workerData as ThreadTask);
  // One at a time: all at once would be taken in one turn of the event loop.
  parentPort!.on("message", () => parentPort!.postMessage(parts.next().value));
}
