import { pino } from "pino";

/** Writes one JSON line per event. */
export type Log = Pick<pino.Logger, "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "isLevelEnabled">;

/** Creates the log of the process, on standard output, with the keys that log collectors look for. */
export function createLog(level: string, destination?: pino.DestinationStream): Log {
  return pino(
    {
      level,
      base: { service: "kserve-model-registry" },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination ?? pino.destination({ sync: true }),
  );
}
