/** How long a cancelled statement may take to end before its connection is given up, in milliseconds. */
const patienceMs = 1000;

/**
 * Uses a connection until `use` ends, and rejects at once with the reason when a signal aborts. The running statement
 * is then cancelled; the connection is released when it has ended, or destroyed if it does not end.
 */
export function interruptible<T>(
  use: () => Promise<T>,
  signal: AbortSignal | undefined,
  connection: { cancel(): void; release(broken: boolean): void; isBroken(error: unknown): boolean },
): Promise<T> {
  return new Promise((resolve, reject) => {
    let released = false;
    let patience: NodeJS.Timeout | undefined;
    const release = (broken: boolean) => {
      if (released) return;
      released = true;
      clearTimeout(patience);
      signal?.removeEventListener("abort", onAbort);
      connection.release(broken);
    };
    const onAbort = () => {
      reject(signal!.reason);
      patience = setTimeout(() => release(true), patienceMs);
      connection.cancel();
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    use().then(
      (result) => {
        release(false);
        resolve(result);
      },
      (error: unknown) => {
        release(connection.isBroken(error));
        reject(error);
      },
    );
  });
}
