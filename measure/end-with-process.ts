import type { ChildProcess } from "node:child_process";

const running = new Set<ChildProcess>();

/**
 * Ends a child, at once, when this process ends before it: by an error, such as a start that fails halfway, by `process.exit`, or
 * by a signal. Only SIGKILL leaves it running.
 */
export function endWithProcess(child: ChildProcess): void {
  if (running.size === 0) listen();
  running.add(child);
  child.once("exit", () => {
    running.delete(child);
    if (running.size === 0) stopListening();
  });
}

const signals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

function listen(): void {
  process.on("exit", endAll);
  for (const signal of signals) process.on(signal, endAllAndThis);
}

function stopListening(): void {
  process.off("exit", endAll);
  for (const signal of signals) process.off(signal, endAllAndThis);
}

function endAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** A signal that somebody listens to does not end a process by itself. */
function endAllAndThis(signal: NodeJS.Signals): void {
  endAll();
  process.off(signal, endAllAndThis);
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}
