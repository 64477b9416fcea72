import { pino } from "pino";

/** Writes one JSON line per event. */
export type Log = Pick<pino.Logger, "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "isLevelEnabled">;

/** Lines that nobody reads are kept up to so many characters; later ones are dropped. */
const maxWaitingChars = 8 * 1024 ** 2;

/**
 * Creates the log of the process, on standard output, with the keys that log collectors look for. A line is never waited
 * for: a reader of standard output may be slow, and must not hold up predictions by that.
 */
export function createLog(level: string, destination: pino.DestinationStream = standardOutput()): Log {
  return pino(
    {
      level,
      base: { service: "kserve-model-registry" },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
}

/** The log of a process that counts what it loses: the one that is given, else a new one on standard output. */
export function openLog(
  level: string,
  given: Log | undefined,
): { readonly log: Log; readonly droppedLines: () => number } {
  let dropped = 0;
  const log =
    given ??
    createLog(
      level,
      standardOutput(() => dropped++),
    );
  return { log, droppedLines: () => dropped };
}

/** @param onDrop is called for each line that is lost, as the reader was too slow */
function standardOutput(onDrop: () => void = () => {}): pino.DestinationStream {
  const output = pino.destination({ sync: false, maxLength: maxWaitingChars });
  output.on("drop", onDrop);
  return output;
}
