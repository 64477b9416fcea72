import { getPriority, setPriority } from "node:os";
import { setImmediate as nextTurn } from "node:timers/promises";
import { isMainThread, parentPort, type Worker, workerData } from "node:worker_threads";
import { nextMessage } from "../../base/next-message.ts";
import type { PropertyValue } from "../../base/property-value.ts";
import { startThread } from "../../base/start-thread.ts";
import { PropertyNumbers, restoreProperties } from "../entries/property-numbers.ts";
import {
  type DataFileTask,
  type DataItem,
  type KnownEntry,
  readDataFile,
  textOf,
  UnreadableDataFile,
} from "./data-file.ts";

/** A file for a thread to read. */
interface ThreadTask {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly about: DataFileTask;
  readonly known: readonly KnownEntry[];
}

/**
 * A part of the result: a JSON list of `DataItem`, which is transferred faster than objects, and a second list of the
 * properties that have been numbered since the part before. Undefined at the end.
 */
type Part = { readonly items: string; readonly properties: string } | { readonly unreadable: string } | undefined;

const role = "reads data files of the catalog";

/** The size of a part, small enough to be received without holding up others. */
const partLimits = { items: 50, chars: 65_536 } as const;

/** Where a file comes from: a source, or a caller. */
export type DataOrigin = "source" | "preview";

/**
 * How much memory a thread may use, in MiB. A document with aliases or unusual keys may grow without end; then only the
 * thread ends. Files of callers get so little that a container has room for all previews at once.
 */
const heapMb = { source: 256, preview: 160, young: 16 } as const;

/** The values of a JSON text take a few times its size. */
const heapPerByte = 8;

/** How long a thread may work on one part, in milliseconds. */
const partTimeoutMs = 60_000;

/** The `nice` value of the thread: threads that answer callers go first. */
const niceness = 10;

/** How long a thread stays idle before it ends, in milliseconds: starting one takes longer than reading most files. */
const idleMs = 1000;

/** A thread that has read its file and waits for another. */
let idle: { readonly thread: Worker; readonly release: () => void } | undefined;

/** Whether a thread with the usual memory is enough, so that it can be reused. */
function isUsual(origin: DataOrigin, bytes: Uint8Array): boolean {
  return origin === "source" && bytes.byteLength * heapPerByte <= heapMb.source * 1024 ** 2;
}

/**
 * Reads a data file in a thread, some items at a time. The thread is then reused, or ended where the file was not read
 * to its end.
 *
 * @param known as for `readDataFile`
 * @throws UnreadableDataFile
 */
export async function* readDataInThread(
  bytes: Uint8Array<ArrayBuffer>,
  about: DataFileTask,
  origin: DataOrigin,
  known: readonly KnownEntry[] = [],
): AsyncGenerator<readonly DataItem[]> {
  const mayShare = isUsual(origin, bytes);
  const thread = mayShare ? takeThread() : startReader(ownHeapMb(origin, bytes));
  let isReusable = false;
  try {
    const properties: PropertyValue[] = [];
    thread.postMessage({ bytes, about, known } satisfies ThreadTask, [bytes.buffer]);
    for (let coming = nextPart(thread); ; ) {
      const part = await coming;
      isReusable = mayShare && (part === undefined || "unreadable" in part);
      if (part === undefined) return;
      if ("unreadable" in part) throw new UnreadableDataFile(part.unreadable);
      // The thread prepares the next part while this one is processed.
      coming = nextPart(thread);
      for (const property of JSON.parse(part.properties) as PropertyValue[]) properties.push(property);
      const items = JSON.parse(part.items) as DataItem[];
      for (const item of items) if (item.is === "entry") restoreProperties(item.entry, properties);
      yield items;
      await nextTurn();
    }
  } catch (error) {
    if (error instanceof UnreadableDataFile) throw error;
    throw new UnreadableDataFile(`could not be read: ${wordsOf(error)}`);
  } finally {
    if (isReusable) keepThread(thread);
    else await thread.terminate();
  }
}

function takeThread(): Worker {
  if (idle !== undefined) {
    const { thread, release } = idle;
    release();
    return thread;
  }
  return startReader(heapMb.source);
}

function ownHeapMb(origin: DataOrigin, bytes: Uint8Array): number {
  return origin === "preview" ? heapMb.preview : Math.ceil((bytes.byteLength * heapPerByte) / 1024 ** 2);
}

function startReader(maxOldGenerationSizeMb: number): Worker {
  const resourceLimits = { maxYoungGenerationSizeMb: heapMb.young, maxOldGenerationSizeMb };
  return startThread(import.meta.url, { workerData: role, resourceLimits });
}

function keepThread(thread: Worker): void {
  if (idle !== undefined) {
    void thread.terminate();
    return;
  }
  const release = (): void => {
    idle = undefined;
    clearTimeout(timer);
    thread.off("error", release).off("exit", release);
  };
  const timer = setTimeout(() => {
    release();
    void thread.terminate();
  }, idleMs).unref();
  // One that has failed while nobody waited for it would be given the next file.
  thread.once("error", release).once("exit", release);
  idle = { thread, release };
}

function nextPart(thread: Worker): Promise<Part> {
  thread.postMessage("next");
  const coming = nextMessage<Part>(thread, AbortSignal.timeout(partTimeoutMs));
  // A part that is no longer awaited fails when its time is over.
  coming.catch(() => {});
  return coming;
}

function wordsOf(error: unknown): string {
  const { name, code, message } = error as Error & { code?: string };
  if (name === "TimeoutError") return "it takes too long";
  return code === "ERR_WORKER_OUT_OF_MEMORY"
    ? "it takes too much memory; a plain list without anchors takes least"
    : message;
}

function* partsOf({ bytes, about, known }: ThreadTask): Generator<Part> {
  const numbers = new PropertyNumbers();
  let items: string[] = [];
  let chars = 0;
  const part = (): Part => ({ items: `[${items.join()}]`, properties: JSON.stringify(numbers.takeNew()) });
  try {
    for (const item of readDataFile(textOf(bytes), about, known)) {
      if (item.is === "entry") numbers.replace(item.entry);
      const text = JSON.stringify(item);
      items.push(text);
      chars += text.length;
      if (items.length < partLimits.items && chars < partLimits.chars) continue;
      yield part();
      items = [];
      chars = 0;
    }
    if (items.length > 0) yield part();
  } catch (error) {
    if (!(error instanceof UnreadableDataFile)) throw error;
    yield { unreadable: error.message };
  }
}

/** Lowers the priority of this thread. */
function giveWay(): void {
  // On other systems the priority applies to the whole process.
  if (process.platform !== "linux") return;
  try {
    setPriority(Math.min(getPriority() + niceness, 19));
  } catch {
    // A sandbox may forbid it; files are read all the same.
  }
}

if (!isMainThread && workerData === role) {
  giveWay();
  let parts: Iterator<Part> | undefined;
  parentPort!.on("message", (message: ThreadTask | "next") => {
    // One part at a time: all parts at once would be received in one turn of the event loop.
    if (message === "next") parentPort!.postMessage(parts?.next().value);
    else parts = partsOf(message);
  });
}
