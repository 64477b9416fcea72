import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endWithProcess } from "../../../measure/end-with-process.ts";
import { freePort } from "../../../measure/free-port.ts";
import { until } from "../../support/until.ts";
import { cacheDir, projectDir } from "./paths.ts";

/** A server that runs beside the tests. */
export interface Background {
  /** Where it listens: `http://127.0.0.1:34567`. */
  readonly url: string;
  /** `127.0.0.1:34567`. */
  readonly address: string;
  /** Everything it wrote so far. */
  log(): string;
  /** Asks it to stop, and kills it when it does not within ten seconds. Returns its exit code. */
  stop(): Promise<number | null>;
}

export interface BackgroundOptions {
  /** Names its log file. */
  readonly name: string;
  readonly program: string;
  readonly args: (port: number) => readonly string[];
  readonly env?: (port: number) => Readonly<Record<string, string>>;
  /** Answers 200 once the server is ready: `/readyz`. */
  readonly readyPath: string;
  /** What it logs once it listens, for a server that has no `readyPath` in plain text. */
  readonly readyLine?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Default: 60 s. */
  readonly startTimeoutMs?: number;
}

/**
 * Starts a server on a free port of the loopback interface and waits until it is ready.
 *
 * Its output goes to a file: a pipe that nobody reads fills up, and KServe then hangs.
 */
export async function startInBackground(options: BackgroundOptions): Promise<Background> {
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  mkdirSync(join(cacheDir, "logs"), { recursive: true });
  const logFile = join(cacheDir, "logs", `${options.name}.log`);
  const logFd = openSync(logFile, "w");
  const child = spawn(options.program, options.args(port), {
    cwd: projectDir,
    env: { ...process.env, ...options.env?.(port) },
    stdio: ["ignore", logFd, logFd],
  });
  closeSync(logFd);
  endWithProcess(child);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code));
  });
  const server: Background = {
    url,
    address: `127.0.0.1:${port}`,
    log: () => readFileSync(logFile, "utf8"),
    stop: () => stop(child, ended),
  };
  try {
    const { readyLine, startTimeoutMs = 60_000 } = options;
    if (readyLine === undefined) await untilReady(url + options.readyPath, ended, startTimeoutMs);
    else await until(() => server.log().includes(readyLine), `it logs ${readyLine}`, startTimeoutMs);
  } catch (error) {
    await server.stop();
    throw new Error(`${options.name} did not start: ${(error as Error).message}\n${server.log()}`);
  }
  return server;
}

async function untilReady(url: string, ended: Promise<number | null>, timeoutMs: number): Promise<void> {
  const over = Date.now() + timeoutMs;
  let last = "no answer";
  const exit = ended.then((code) => {
    throw new Error(`exited with ${code}`);
  });
  exit.catch(() => {}); // Also after the server is up, when nobody waits for it any more.
  while (Date.now() < over) {
    const answer = fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
      (response) => response.status,
      (error: Error) => error.message,
    );
    const status = await Promise.race([answer, exit]);
    if (status === 200) return;
    last = String(status);
    await Promise.race([sleep(100), exit]);
  }
  throw new Error(`${url} was not ready after ${timeoutMs} ms; last: ${last}`);
}

async function stop(child: ChildProcess, ended: Promise<number | null>): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return child.exitCode;
  child.kill("SIGTERM");
  const killer = setTimeout(() => child.kill("SIGKILL"), 10_000);
  const code = await ended;
  clearTimeout(killer);
  return code;
}
