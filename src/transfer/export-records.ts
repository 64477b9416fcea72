import { firstLine, lastLine, recordLine } from "./record-lines.ts";
import type { RecordSource, SourceRecord } from "./record-source.ts";

/** How many records of each kind were written. */
export type ExportCounts = Readonly<Partial<Record<SourceRecord["kind"], number>>>;

/**
 * Writes all records of a registry as JSON lines, which `import` reads again.
 *
 * @param write resolves when there is room for more
 * @param progress called after each batch with how many there are so far
 */
export async function exportRecords(
  source: RecordSource,
  write: (text: string) => Promise<void>,
  progress: (records: number) => void,
  signal: AbortSignal,
): Promise<ExportCounts> {
  const counts: Partial<Record<SourceRecord["kind"], number>> = {};
  let records = 0;
  await write(firstLine);
  for await (const batch of source.batches(signal)) {
    await write(batch.map(recordLine).join(""));
    for (const { kind } of batch) counts[kind] = (counts[kind] ?? 0) + 1;
    records += batch.length;
    progress(records);
  }
  await write(lastLine(records));
  return counts;
}
