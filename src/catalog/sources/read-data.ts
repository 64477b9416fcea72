import { yieldIfBusy } from "../../base/yield-if-busy.ts";
import { type DataFileTask, type DataItem, type KnownEntry, readDataFile, textOf } from "./data-file.ts";
import type { DataOrigin } from "./data-thread.ts";

/** Larger texts are read in a thread; one of this size takes a few milliseconds. */
const maxBytesHere = 8 * 1024;

/**
 * Reads a data file of any size, some items at a time, without holding up others.
 *
 * @param known as for `readDataFile`
 * @throws UnreadableDataFile
 */
export async function* readData(
  bytes: Uint8Array<ArrayBuffer>,
  task: DataFileTask,
  origin: DataOrigin,
  known: readonly KnownEntry[] = [],
): AsyncGenerator<readonly DataItem[]> {
  if (bytes.byteLength > maxBytesHere) {
    // Imported only here, so that the bundle keeps it in a separate file and the thread loads little else.
    const { readDataInThread } = await import("./data-thread.ts");
    yield* readDataInThread(bytes, task, origin, known);
    return;
  }
  for (const item of readDataFile(textOf(bytes), task, known)) {
    yield [item];
    await yieldIfBusy();
  }
}
