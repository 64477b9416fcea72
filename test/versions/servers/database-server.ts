import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endWithProcess } from "../../../measure/end-with-process.ts";
import type { ServerOptions } from "../../../src/versions/database-options.ts";

/** A database server of this test's own, on loopback, in a folder that goes with it. */
export interface DatabaseServer {
  readonly options: ServerOptions;
  /** The id of its process, as it runs now. */
  pid(): number;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, on the same port and data. */
  start(): Promise<void>;
  /** Halts it, so that it keeps its connections and answers nothing; and lets it go on. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

/** Servers refuse to run as root. */
const nobody = 65_534;
export const asNobody = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
const startTimeoutMs = 60_000;

export function scratchFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  if (asNobody.uid !== undefined) chownSync(folder, nobody, nobody);
  return folder;
}

interface Program {
  readonly folder: string;
  readonly options: ServerOptions;
  readonly command: readonly [string, ...string[]];
  readonly env?: NodeJS.ProcessEnv;
  /** Resolves when the server answers; rejects while it does not. */
  ready(): Promise<void>;
}

/** Starts a server and waits until it answers. */
export async function startServer({
  folder,
  options,
  command: [file, ...args],
  env,
  ready,
}: Program): Promise<DatabaseServer> {
  let child: ChildProcess;
  let exited: Promise<unknown>;
  let output = "";
  const start = async () => {
    child = spawn(file, args, {
      ...asNobody,
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [child.stdout!, child.stderr!])
      stream.on("data", (data) => {
        output = (output + data).slice(-4000);
      });
    endWithProcess(child);
    exited = new Promise((resolve) => child.once("exit", resolve));
    const end = Date.now() + startTimeoutMs;
    for (;;) {
      try {
        return await ready();
      } catch (error) {
        if (child.exitCode !== null || Date.now() > end) {
          child.kill("SIGKILL");
          throw new Error(`${file} does not answer: ${output}`, { cause: error });
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  };
  /** Some servers are a process for each connection. */
  const signalAll = (signal: NodeJS.Signals) => {
    const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8");
    child.kill(signal);
    for (const id of children.split(" ").filter(Boolean)) {
      try {
        process.kill(Number(id), signal);
      } catch {
        // It has ended since.
      }
    }
  };
  const end = async (signal: NodeJS.Signals) => {
    // Of a PostgreSQL whose first process alone is gone, the others answer for a moment more.
    if (child.exitCode === null && child.signalCode === null) {
      signalAll("SIGCONT");
      signalAll(signal);
    }
    await exited;
  };
  await start();
  return {
    options,
    pid: () => child.pid!,
    start,
    kill: () => end("SIGKILL"),
    pause: () => signalAll("SIGSTOP"),
    resume: () => signalAll("SIGCONT"),
    stop: async () => {
      await end("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Where the programs of a PostgreSQL are; undefined where it is not installed. */
export function postgresPrograms(which: "debian" | "newer"): string | undefined {
  if (which === "debian") {
    const versions = existsSync("/usr/lib/postgresql") ? readdirSync("/usr/lib/postgresql").sort() : [];
    return versions.length === 0 ? undefined : `/usr/lib/postgresql/${versions.at(-1)}/bin`;
  }
  const cache = join(import.meta.dirname, "../../../.cache/versions");
  const found = existsSync(cache) ? readdirSync(cache).find((name) => name.startsWith("postgres-")) : undefined;
  return found === undefined ? undefined : join(cache, found, "package/native/bin");
}

export function run(file: string, args: readonly string[], folder: string): void {
  execFileSync(file, args, { ...asNobody, cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
}
