import { yieldIfBusy } from "../../base/yield-if-busy.ts";
import { type DataFileTask, type DataItem, type KnownEntry, readDataFile, textOf } from "./data-file.ts";
import type { DataOrigin } from "./data-thread.ts";

/** A text of more bytes than this is read in a thread of its own; one of less takes a few milliseconds. */
const maxBytesHere = 8 * 1024;

/**
 * Reads a data file, some items at a time, and holds up nobody, however large it is.
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
    // Only here, so that it is a file of its own in the bundle, and the thread reads little else.
    const { readDataInThread } = await import("./data-thread.ts");
    yield* readDataInThread(bytes, task, origin, known);
    return;
  }
  for (const item of readDataFile(textOf(bytes), task, known)) {
    yield [item];
    await yieldIfBusy();
  }
}
