import { pino } from "pino";

/** Writes one JSON line per event. */
export type Log = Pick<pino.Logger, "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "isLevelEnabled">;

/** How many characters of unread lines are kept; later lines are dropped. */
const maxWaitingChars = 8 * 1024 ** 2;

/**
 * Creates the log of the process on standard output, with the keys that log collectors look for. Writing never blocks:
 * a slow reader of standard output must not hold up predictions.
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

/** Opens the log of a process and counts dropped lines: the given log, or else a new one on standard output. */
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

/** @param onDrop is called for each line that is dropped because the reader is too slow */
function standardOutput(onDrop: () => void = () => {}): pino.DestinationStream {
  const output = pino.destination({ sync: false, maxLength: maxWaitingChars });
  output.on("drop", onDrop);
  return output;
}
