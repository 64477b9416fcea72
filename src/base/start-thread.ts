import { Worker, type WorkerOptions } from "node:worker_threads";

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
