import type { Env } from "../config/config.ts";
import { Failure } from "./failure.ts";

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

/** How the writing to standard output ended. */
interface OutputEnd {
  /** Aborts when nothing more can be written. */
  readonly closed: AbortSignal;
  /**
   * Waits until all is written. A reader that has enough, as with `| head`, is not a failure.
   *
   * @throws Failure when the output could not be written: a full disk
   */
  flushed(): Promise<void>;
}

/** Watches standard output and error, whose errors would otherwise end the process with a stack trace. */
export function watchOutput({ stdout, stderr }: CliIo): OutputEnd {
  const closed = new AbortController();
  let failure: NodeJS.ErrnoException | undefined;
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") failure ??= error;
    closed.abort();
  });
  // There is nowhere left to say it.
  stderr.on("error", () => {});
  return {
    closed: closed.signal,
    async flushed() {
      if (!closed.signal.aborted) await new Promise<void>((resolve) => stdout.write("", () => resolve()));
      // The callback may come before the event.
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (failure !== undefined) throw new Failure(`the output could not be written: ${failure.message}`);
    },
  };
}
