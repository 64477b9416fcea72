import { hash } from "node:crypto";
import { problemText } from "../../base/field-reader.ts";
import { readEntryList, UnreadableList } from "../../documents/yaml/entry-list.ts";
import type { AssetType, CatalogEntry } from "../entries/entry.ts";
import { entriesKey, keyOfEntry, readEntry } from "../entries/read-entry.ts";
import { createNameFilter } from "./name-patterns.ts";

/** What to read from a data file. */
export interface DataFileTask {
  readonly assetType: AssetType;
  readonly sourceId: string;
  readonly included: readonly string[];
  readonly excluded: readonly string[];
  readonly maxEntries: number;
  /** How many brackets, commas and colons it may have as JSON. Default: as many as fit into a thread's memory. */
  readonly maxMarks?: number;
}

/** An entry that was read from the file before, with its text and its unique key. */
export interface KnownEntry {
  readonly digest: string;
  readonly key: string;
}

/**
 * An item of a data file: an entry, an entry that is unchanged since it was read before, one that the patterns exclude,
 * or one that is refused.
 */
export type DataItem =
  | {
      readonly is: "entry";
      readonly name: string;
      readonly entry: CatalogEntry;
      /** A digest of its text. Blank where the text depends on other parts of the document. */
      readonly digest: string;
    }
  | { readonly is: "known"; readonly digest: string }
  | { readonly is: "excluded"; readonly name: string }
  | { readonly is: "refused"; readonly why: string };

/** As many characters of a digest as distinguish the entries of a source. */
const digestChars = 22;

/** Why a whole data file cannot be read. Its message is for the status of the source. */
export class UnreadableDataFile extends Error {}

/**
 * Reads a data file, entry by entry. An invalid entry does not affect the others.
 *
 * @param known what was read for the same task before. It is not read again, which would take most of the time
 * @throws UnreadableDataFile, also after some entries
 */
export function* readDataFile(
  text: string,
  task: DataFileTask,
  known: readonly KnownEntry[] = [],
): Generator<DataItem> {
  const { assetType, sourceId } = task;
  const isIncluded = createNameFilter(task.included, task.excluded);
  const keys = new Map(known.map(({ digest, key }) => [digest, key]));
  const seen = new Set<string>();
  let count = 0;
  try {
    for (const listed of readEntryList(text, entriesKey[assetType], task.maxMarks)) {
      if (++count > task.maxEntries) throw new UnreadableDataFile(`has more than ${task.maxEntries} entries`);
      const digest = digestOf(listed.text());
      const knownKey = keys.get(digest);
      if (knownKey !== undefined && !seen.has(knownKey)) {
        seen.add(knownKey);
        yield { is: "known", digest };
        continue;
      }
      const { value, problem, position, positionOf } = listed.read();
      if (problem !== undefined) {
        yield { is: "refused", why: `line ${position.line}: ${problem}` };
        continue;
      }
      const { entry, name, problems } = readEntry(assetType, value, sourceId);
      if (name !== undefined && !isIncluded(name)) {
        yield { is: "excluded", name };
        continue;
      }
      const where = (line: number): string => `line ${line}${name === undefined ? "" : ` (${name})`}`;
      if (entry === undefined) {
        const [first, ...more] = problems;
        const { line } = first === undefined ? position : positionOf(first.field);
        const others = more.length === 0 ? "" : `; and ${more.length} more`;
        yield { is: "refused", why: `${where(line)}: ${first === undefined ? "" : problemText(first)}${others}` };
        continue;
      }
      const key = keyOfEntry(entry);
      if (seen.has(key)) {
        yield { is: "refused", why: `${where(position.line)}: the name is used twice; the first one is served` };
        continue;
      }
      seen.add(key);
      yield { is: "entry", name: entry.name, entry, digest };
    }
  } catch (error) {
    if (!(error instanceof UnreadableList)) throw error;
    throw new UnreadableDataFile(`line ${error.position.line}: ${error.message}`);
  }
}

function digestOf(text: string | undefined): string {
  return text === undefined ? "" : hash("sha256", text, "base64url").slice(0, digestChars);
}

/** @throws UnreadableDataFile */
export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UnreadableDataFile("is not UTF-8");
  }
}
