import { setFlagsFromString } from "node:v8";
import { Worker, type WorkerOptions } from "node:worker_threads";

/**
 * How large the heap of a thread grows before it is collected, in MiB. The flags that the process starts with would let each
 * thread have as much garbage as the process itself, for which they are meant. They have been applied to it by now.
 */
setFlagsFromString("--initial-old-space-size=16");

/**
 * Starts a thread that holds up neither the end of the process nor the process itself: a thread can fail, for instance by
 * running out of memory, at a moment at which nobody waits for it any more, and an error without a listener would end
 * the process.
 *
 * @param module its file. Bundled modules have another name: each passes its own `import.meta.url`
 */
export function startThread(module: string, options: Omit<WorkerOptions, "execArgv">): Worker {
  const thread = new Worker(new URL(module), { ...options, execArgv: [] });
  thread.on("error", () => {});
  thread.unref();
  return thread;
}
