import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { endWithProcess } from "../../../measure/end-with-process.ts";

/** A program of the control plane that runs beside the tests. */
export interface Program {
  /** The exit status or the signal that ended it; undefined while it runs. */
  ended(): number | string | undefined;
  /** The end of what it wrote. */
  log(): string;
  /** Ends it at once, with SIGKILL: an API server with an open watch takes half a minute to stop. */
  kill(): Promise<void>;
}

/** Starts a program whose output goes to a file. */
export function startProgram(path: string, args: readonly string[], logFile: string): Program {
  const logFd = openSync(logFile, "a");
  const child = spawn(path, args, { stdio: ["ignore", logFd, logFd] });
  closeSync(logFd);
  endWithProcess(child);
  let end: number | string | undefined;
  const exit = new Promise<void>((resolve) => {
    const onEnd = (how: number | string): void => {
      end = how;
      resolve();
    };
    child.once("error", (error) => onEnd(error.message));
    child.once("exit", (code, signal) => onEnd(code ?? signal ?? "unknown"));
  });
  return {
    ended: () => end,
    log: () => readFileSync(logFile, "utf8").slice(-4000),
    async kill() {
      child.kill("SIGKILL");
      await exit;
    },
  };
}
