import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { projectDir } from "../support/paths.ts";
import type { Command } from "./builds.ts";

/** What a driver answers; which fields there are depends on the command. */
export interface Answer {
  readonly models?: readonly string[] | null;
  readonly predictions?: unknown;
  /** How many lists within each other the predictions are, where the library cannot write them as JSON. */
  readonly depth?: number;
  readonly bytes?: number;
  readonly values?: readonly number[];
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly reason: string;
    readonly violations: readonly { readonly field: string; readonly description: string }[];
    readonly retryDelayMs: number | null;
  };
}

/** A client of the service in some language, see the README. One command at a time. */
export interface Driver {
  ask(op: string, fields: Readonly<Record<string, unknown>>): Promise<Answer>;
  stop(): Promise<void>;
}

/** Starts a driver. */
export function startDriver({ program, args, env }: Command): Driver {
  const child: ChildProcessWithoutNullStreams = spawn(program, args, {
    cwd: projectDir,
    env: { ...process.env, ...env },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let complaints = "";
  child.stderr.on("data", (chunk) => {
    complaints += chunk;
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.on("close", () => resolve());
    child.on("error", reject);
  });
  return {
    async ask(op, fields) {
      child.stdin.write(`${JSON.stringify({ op, ...fields })}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`the driver ended at ${op}\n${complaints}`);
      return JSON.parse(value);
    },
    async stop() {
      child.stdin.end();
      const killer = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await ended;
      clearTimeout(killer);
    },
  };
}
