import { createLog, type Log } from "../../src/compose/log.ts";

/** One line of the log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly level: string; readonly msg: string };

/** A log that keeps its lines. */
export interface CapturedLog {
  readonly log: Log;
  readonly lines: readonly LogLine[];
  /** The lines of calls. */
  calls(): LogLine[];
  /** Lets go of the lines so far. */
  forget(): void;
}

/** Creates a log that keeps its lines, from the given level on. */
export function captureLog(level = "info"): CapturedLog {
  const lines: LogLine[] = [];
  const log = createLog(level, { write: (text) => lines.push(JSON.parse(text) as LogLine) });
  return {
    log,
    lines,
    calls: () => lines.filter(({ msg }) => msg === "call"),
    forget: () => lines.splice(0),
  };
}
