import { kindNames } from "../versions/kinds/kinds.ts";
import { type RecordSource, type SourceRecord, TransferError } from "./record-source.ts";
import { textLines } from "./text-lines.ts";

/**
 * The form of an export: JSON lines. The first says which form it is, each further one is `{"kind", "record"}` with the
 * record as the REST API writes it, and the last one counts them, so that a file that was cut short is found out.
 */
const form = "kserve-model-registry/versions";
const formVersion = 1;
const batchSize = 500;
const maxBatchBytes = 8 * 1024 * 1024;

export const firstLine = `${JSON.stringify({ form, version: formVersion })}\n`;

export function recordLine({ kind, record }: SourceRecord): string {
  return `${JSON.stringify({ kind, record })}\n`;
}

export function lastLine(records: number): string {
  return `${JSON.stringify({ records })}\n`;
}

/** The records of a file that `export` wrote. */
export class FileSource implements RecordSource {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** A file that was cut short is found out before anything of it is used. */
  async check(signal: AbortSignal): Promise<void> {
    for await (const _ of this.batches(signal));
  }

  async *batches(signal: AbortSignal): AsyncGenerator<readonly SourceRecord[]> {
    let number = 0;
    let records = 0;
    let isWhole = false;
    let batch: SourceRecord[] = [];
    let batchBytes = 0;
    for await (const { text, bytes } of textLines(this.#path, signal)) {
      number++;
      if (text.trim() === "") continue;
      const value = this.#parsed(text, number);
      if (number === 1) {
        this.#checkForm(value);
        continue;
      }
      if (isWhole) throw this.#wrong(number, "there is more after the last line");
      if (typeof value.records === "number") {
        if (value.records !== records) throw this.#wrong(number, `${records} records; ${value.records} were exported`);
        isWhole = true;
        continue;
      }
      batch.push(this.#recordOf(value, number));
      records++;
      batchBytes += bytes;
      if (batch.length === batchSize || batchBytes >= maxBatchBytes) {
        yield batch;
        batch = [];
        batchBytes = 0;
      }
    }
    signal.throwIfAborted();
    if (!isWhole) throw new TransferError(`${this.#path} is incomplete: its last line is missing; export it again`);
    if (batch.length > 0) yield batch;
  }

  #parsed(line: string, number: number): Readonly<Record<string, unknown>> {
    try {
      const value: unknown = JSON.parse(line);
      if (typeof value === "object" && value !== null) return value as Readonly<Record<string, unknown>>;
    } catch {
      // Said below.
    }
    throw this.#wrong(number, "not a JSON object; a file written by `export` has one on each line");
  }

  #checkForm(value: Readonly<Record<string, unknown>>): void {
    if (value.form !== form) throw this.#wrong(1, "this is not a file written by `export`");
    if (value.version !== formVersion) {
      throw this.#wrong(1, `it has version ${value.version} of the format; this program reads version ${formVersion}`);
    }
  }

  #recordOf({ kind, record }: Readonly<Record<string, unknown>>, number: number): SourceRecord {
    const isKnown = kind === "alias" || (kindNames as readonly unknown[]).includes(kind);
    if (!isKnown) throw this.#wrong(number, `kind: expected alias, ${kindNames.join(", ")}`);
    if (typeof record !== "object" || record === null) throw this.#wrong(number, "record: expected an object");
    return { kind, record } as SourceRecord;
  }

  #wrong(line: number, problem: string): TransferError {
    return new TransferError(`${this.#path}:${line}: ${problem}`);
  }
}
