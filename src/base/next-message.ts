import type { Worker } from "node:worker_threads";

/**
 * The next message of a thread. `once` would wait on when the thread ends without an error, as one does that has failed
 * before.
 *
 * @throws what the thread fails with, an Error when it ends, or the reason of the signal
 */
export function nextMessage<T>(thread: Worker, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => fail(new Error("its thread has ended"));
    const onAbort = (): void => fail(signal!.reason);
    const release = (): void => {
      thread.off("message", onMessage).off("error", fail).off("exit", onExit);
      signal?.removeEventListener("abort", onAbort);
    };
    const onMessage = (message: T): void => {
      release();
      resolve(message);
    };
    const fail = (error: unknown): void => {
      release();
      reject(error);
    };
    thread.once("message", onMessage).once("error", fail).once("exit", onExit);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener("abort", onAbort);
  });
}
