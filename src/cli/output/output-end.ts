import type { CliIo } from "../cli-io.ts";
import { Failure } from "../failure.ts";

/** How the writing to standard output ended. */
export interface OutputEnd {
  /** Aborts when nothing more can be written. */
  readonly closed: AbortSignal;
  /**
   * Waits until all is written. A reader that has enough, as with `| head`, is no failure.
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
