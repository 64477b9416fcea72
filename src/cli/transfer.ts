import { ConfigError } from "../config/config.ts";
import { Failure } from "./failure.ts";

/** Why an import or an export has ended, in words for the user. Faults of this program stay what they are. */
export function transferFailure(error: unknown, signal: AbortSignal, whatIsLeft: string): unknown {
  if (signal.aborted) return new Failure(`interrupted; ${whatIsLeft}`);
  if (error instanceof ConfigError) return new Failure(error.message);
  if (error instanceof Error && error.name === "TransferError") return new Failure(error.message);
  return error;
}

/** Between two lines of progress. */
const intervalMs = 2000;

/** Writes lines about long work, not more often than every two seconds; the first after so long. */
export function createTicker(stream: NodeJS.WritableStream): (line: () => string) => void {
  let last = performance.now();
  return (line) => {
    if (performance.now() - last < intervalMs) return;
    last = performance.now();
    stream.write(`${line()}\n`);
  };
}

/** A kind of the registry of versions: `modelVersion` as `model-version`. */
export function kindWord(kind: string): string {
  return kind.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
