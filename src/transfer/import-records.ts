import { type KindName, kindNames, kinds } from "../versions/kinds/kinds.ts";
import type { KindOrArtifact, VersionStore } from "../versions/ports.ts";
import type { Alias, ImportedRecord, VersionRecord } from "../versions/record.ts";
import { VersionsError } from "../versions/versions-error.ts";
import type { ImportProblem, ImportProgress, ImportReport, ImportTally } from "./import-report.ts";
import { importedRecord, isSame } from "./read-record.ts";
import type { RecordSource, SourceRecord, WireRecord } from "./record-source.ts";

/** How an import goes about it. */
export interface ImportOptions {
  /** Whether it writes; otherwise it only compares. */
  readonly writes: boolean;
  /** Whether it writes over records that were changed here since, or are others by the same id. */
  readonly replaces: boolean;
  readonly progress: (progress: ImportProgress) => void;
  readonly signal: AbortSignal;
}

/** Goes through the source until nothing is left to write; a source that is written to meanwhile is not followed on and on. */
const maxRounds = 4;
const maxProblems = 100;
/** Records that are looked up here at once. */
const lookup = 500;

/**
 * Copies the records of another registry, with their ids and times. Each round reads the source from the start and
 * writes what is missing or differs, batch by batch, each in one transaction; the last round only compares. An
 * interrupted import is continued by running it again: records that are here already are not written twice.
 */
export async function importRecords(
  source: RecordSource,
  store: VersionStore,
  options: ImportOptions,
): Promise<ImportReport> {
  const written = new Map<KindName | "alias", number>();
  let round: Round;
  for (let number = 1; ; number++) {
    round = new Round(store, options, number, written);
    for await (const batch of source.batches(options.signal)) await round.take(batch);
    if (round.written === 0 || number === maxRounds) break;
  }
  return await round.report();
}

/** What to do about a record; `isHere`: records that refer to it can be kept in any case. */
type Verdict = "same" | "write" | { readonly problem: string; readonly isHere?: true };

/** One pass over the source. */
class Round {
  /** Records that this round has written. */
  written = 0;
  readonly #store: VersionStore;
  readonly #options: ImportOptions;
  readonly #number: number;
  readonly #writtenInAll: Map<KindName | "alias", number>;
  readonly #read = new Map<KindName | "alias", number>();
  readonly #equal = new Map<KindName | "alias", number>();
  readonly #problems: ImportProblem[] = [];
  #differing = 0;
  /** What later records may refer to: `modelVersion 7`. */
  readonly #here = new Set<string>();

  constructor(store: VersionStore, options: ImportOptions, number: number, written: Map<KindName | "alias", number>) {
    this.#store = store;
    this.#options = options;
    this.#number = number;
    this.#writtenInAll = written;
  }

  async take(batch: readonly SourceRecord[]): Promise<void> {
    const records: ImportedRecord[] = [];
    const aliases: WireRecord[] = [];
    for (const { kind, record } of batch) {
      count(this.#read, kind);
      if (kind === "alias") aliases.push(record);
      else records.push(...this.#parsed(kind, record));
    }
    for (let i = 0; i < records.length; i += lookup) await this.#takeRecords(records.slice(i, i + lookup));
    await this.#takeAliases(aliases);
    this.#options.progress({
      round: this.#number,
      read: sum(this.#read),
      written: sum(this.#writtenInAll),
    });
  }

  async report(): Promise<ImportReport> {
    const tallies = {} as Record<KindName | "alias", ImportTally>;
    for (const kind of [...kindNames, "alias"] as const) {
      tallies[kind] = {
        read: this.#read.get(kind) ?? 0,
        written: this.#writtenInAll.get(kind) ?? 0,
        equal: this.#equal.get(kind) ?? 0,
        here: kind === "alias" ? (this.#equal.get(kind) ?? 0) : await this.#store.count(kind, {}),
      };
    }
    const isEqual = this.written === 0 && this.#differing === 0;
    return { kinds: tallies, isEqual, differing: this.#differing, problems: this.#problems };
  }

  #parsed(kind: KindName, wire: WireRecord): ImportedRecord[] {
    try {
      return [importedRecord(kind, wire)];
    } catch (error) {
      if (!(error instanceof VersionsError)) throw error;
      this.#differs(wordsOf(kind, wire), error.message);
      return [];
    }
  }

  async #takeRecords(records: readonly ImportedRecord[]): Promise<void> {
    const stored = await this.#stored(records);
    const toWrite: ImportedRecord[] = [];
    for (const record of records) {
      const verdict = this.#missingParent(record) ?? this.#compare(record, stored.get(keyOf(record)));
      if (typeof verdict === "object") {
        this.#differs(recordWords(record), verdict.problem);
        if (verdict.isHere) this.#here.add(`${record.kind} ${record.id}`);
        continue;
      }
      this.#here.add(`${record.kind} ${record.id}`);
      if (verdict === "same") count(this.#equal, record.kind);
      else toWrite.push(record);
    }
    if (!this.#options.writes) {
      for (const record of toWrite) {
        this.#differs(recordWords(record), stored.has(keyOf(record)) ? "differs here" : "is not here");
      }
      return;
    }
    await this.#write(toWrite);
  }

  /** The records that are here under the same ids. */
  async #stored(records: readonly ImportedRecord[]): Promise<ReadonlyMap<string, VersionRecord>> {
    const found = new Map<string, VersionRecord>();
    for (const [kind, ofKind] of Map.groupBy(records, ({ kind }) => tableOf(kind))) {
      const filter = `id IN (${ofKind.map(({ id }) => id).join(", ")})`;
      const { signal } = this.#options;
      for await (const here of this.#store.stream(kind, { filter }, { signal })) {
        for (const record of here) found.set(keyOf(record), record);
      }
    }
    return found;
  }

  #missingParent(record: ImportedRecord): Verdict | undefined {
    for (const { name, references } of kinds[record.kind].parents) {
      const id = record.fields[name];
      if (typeof id !== "string" || this.#here.has(`${references} ${id}`)) continue;
      return { problem: `its ${kinds[references as KindName].words} ${id} does not exist, or could not be copied` };
    }
    return undefined;
  }

  #compare(record: ImportedRecord, stored: VersionRecord | undefined): Verdict {
    if (stored === undefined) return "write";
    if (isSame(record, stored)) return "same";
    if (stored.kind !== record.kind) {
      return {
        problem: `the ${kinds[stored.kind].words} ${stored.name} has its ID here; import into an empty database`,
      };
    }
    if (this.#options.replaces) return "write";
    if (stored.createTime !== record.createTime || stored.name !== record.fields.name) {
      return {
        problem: `another one, ${stored.name}, has its ID here; import into an empty database, or overwrite it with --replace`,
      };
    }
    if (stored.updateTime > record.updateTime) {
      return { problem: "has been changed here since; it is kept unless you pass --replace", isHere: true };
    }
    return "write";
  }

  async #write(records: readonly ImportedRecord[]): Promise<void> {
    if (records.length === 0) return;
    try {
      await this.#store.import(records, { signal: this.#options.signal });
    } catch (error) {
      if (!(error instanceof VersionsError) || !ofRecord.includes(error.reason)) throw error;
      if (records.length > 1) {
        // One of them is in the way of all.
        for (const record of records) await this.#write([record]);
        return;
      }
      const [record] = records;
      this.#here.delete(`${record!.kind} ${record!.id}`);
      this.#differs(recordWords(record!), error.message);
      return;
    }
    for (const { kind } of records) this.#wrote(kind);
  }

  async #takeAliases(wires: readonly WireRecord[]): Promise<void> {
    for (const [registeredModelId, ofModel] of Map.groupBy(wires, (wire) => String(wire.registeredModelId))) {
      const isHere = this.#here.has(`registeredModel ${registeredModelId}`);
      const { signal } = this.#options;
      const stored = isHere ? await this.#store.listAliases(registeredModelId, { signal }) : [];
      for (const wire of ofModel) await this.#takeAlias(registeredModelId, wire, stored);
    }
  }

  async #takeAlias(registeredModelId: string, wire: WireRecord, stored: readonly Alias[]): Promise<void> {
    const [alias, modelVersionId] = [String(wire.alias), String(wire.modelVersionId)];
    const words = `alias ${alias} of registered model ${registeredModelId}`;
    const here = stored.find((one) => one.alias === alias);
    if (here?.modelVersionId === modelVersionId) {
      count(this.#equal, "alias");
    } else if (
      here !== undefined &&
      !this.#options.replaces &&
      here.updateTime > Number(wire.lastUpdateTimeSinceEpoch)
    ) {
      this.#differs(words, "has been moved here since; it is kept unless you pass --replace");
    } else if (!this.#options.writes) {
      this.#differs(words, here === undefined ? "is not here" : "differs here");
    } else {
      try {
        await this.#store.setAlias({ registeredModelId, alias, modelVersionId }, { signal: this.#options.signal });
        this.#wrote("alias");
      } catch (error) {
        if (!(error instanceof VersionsError) || !ofRecord.includes(error.reason)) throw error;
        this.#differs(words, error.message);
      }
    }
  }

  #wrote(kind: KindName | "alias"): void {
    this.written++;
    count(this.#writtenInAll, kind);
  }

  #differs(record: string, problem: string): void {
    this.#differing++;
    if (this.#problems.length < maxProblems) this.#problems.push({ record, problem });
  }
}

/** Reasons that lie in a record, and not in the database. */
const ofRecord: readonly string[] = ["INVALID", "NOT_FOUND", "PARENT_NOT_FOUND", "ALREADY_EXISTS", "ALIAS_MOVED"];

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function sum(counts: ReadonlyMap<unknown, number>): number {
  return [...counts.values()].reduce((all, one) => all + one, 0);
}

/** Artifacts of every sort share a series of ids. */
function tableOf(kind: KindName): KindOrArtifact {
  return kinds[kind].artifactType === undefined ? kind : "artifact";
}

function keyOf({ kind, id }: { readonly kind: KindName; readonly id: string }): string {
  return `${tableOf(kind)} ${id}`;
}

function recordWords({ kind, id, fields }: ImportedRecord): string {
  return wordsOf(kind, { id, name: fields.name });
}

function wordsOf(kind: KindName, { id, name }: WireRecord): string {
  return `${kinds[kind].words} ${id}${typeof name === "string" ? ` (${name.slice(0, 80)})` : ""}`;
}
