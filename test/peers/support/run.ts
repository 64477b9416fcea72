import { spawn } from "node:child_process";
import { projectDir } from "./paths.ts";

/** How a program ended, and what it wrote. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  /** On top of the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** What the program reads. Default: nothing. */
  readonly stdin?: string;
  /** When to give up and kill the program, with what it started. Default: 60 s. */
  readonly timeoutMs?: number;
}

/** Runs a program to its end. A non-zero exit is an outcome, not an error: the tests look at failures too. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const child = spawn(program, args, {
    cwd: options.cwd ?? projectDir,
    env: { ...process.env, ...options.env },
    detached: true, // A process group of its own, so that giving up ends what the program started too.
  });
  const giveUp = setTimeout(() => killGroup(child.pid), options.timeoutMs ?? 60_000);
  child.stdin.on("error", () => {}); // The program may end without reading what it was given.
  child.stdin.end(options.stdin ?? "");
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(giveUp);
      resolve({ code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
    });
  });
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // It ended meanwhile.
  }
}

/** Like `run`, for a program that must succeed; returns what it wrote to its standard output. */
export async function output(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, options);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} exited with ${code}\n${stdout}${stderr}`);
  return stdout;
}
