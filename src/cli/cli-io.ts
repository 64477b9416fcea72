import type { Env } from "../config/config.ts";

/** What a command may touch of the process. */
export interface CliIo {
  readonly env: Env;
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  /** Aborts when the user ends a command that runs on. Default: SIGINT and SIGTERM of the process. */
  readonly interrupted?: AbortSignal;
}

/** A signal, with the name of that of the process for its reason, for when the user ends a command that runs on. A second SIGINT then ends the process the hard way. */
export function interruption(io: CliIo): AbortSignal {
  if (io.interrupted !== undefined) return io.interrupted;
  const controller = new AbortController();
  const end = (signal: NodeJS.Signals): void => {
    process.off("SIGINT", end);
    process.off("SIGTERM", end);
    controller.abort(signal);
  };
  process.on("SIGINT", end);
  process.on("SIGTERM", end);
  return controller.signal;
}
