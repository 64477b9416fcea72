import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Env } from "../src/config/config.ts";
import { endWithProcess } from "./end-with-process.ts";
import { liveBytes } from "./live-memory.ts";
import { root } from "./paths.ts";
import { shippedEnvironment, shippedFlags } from "./shipped-flags.ts";

/** A line of the service's log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly level: string; readonly msg: string };

/** The service in a process of its own, as it is deployed. */
export interface ServiceProcess {
  readonly pid: number;
  /** What the flags have loaded into the process answers to a message. Rejects where the process ends. */
  ask(message: object): Promise<Readonly<Record<string, number>>>;
  readonly port: number;
  readonly url: string;
  /** Resolves with the exit status, or with the signal that ended the process. */
  readonly exit: Promise<number | string>;
  isAlive(): boolean;
  /** What was written to standard error: nothing, unless something is wrong. */
  stderr(): string;
  /** What lives on after a collection of garbage, in bytes. */
  liveBytes(): Promise<number>;
  /** Sends SIGTERM, and SIGKILL where that does not help; resolves with how it ended. */
  stop(): Promise<number | string>;
}

/** What Node itself writes about its debugger, which the measuring of memory opens. */
const debuggerLine = /^(Debugger (listening on|attached|ending)|For help, see:|Waiting for the debugger).*\n/gm;
const stopTimeoutMs = 40_000;

/** How the process is started. */
export interface ProcessOptions {
  /** Called with every line of the log. */
  readonly onLine?: (line: LogLine) => void;
  /** Flags of Node, besides those that the image starts with. */
  readonly flags?: readonly string[];
  /** What is run. Default: the sources. */
  readonly program?: string;
  /** How long the start may take, in milliseconds. Default: 15 s. */
  readonly startTimeoutMs?: number;
}

/** Starts `kserve-model-registry serve` and waits until it listens. */
export async function startServiceProcess(
  env: Env,
  { onLine = () => {}, flags = [], program = "src/main.ts", startTimeoutMs = 15_000 }: ProcessOptions = {},
): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [...shippedFlags, "--inspect-port=0", ...flags, program, "serve"], {
    cwd: root,
    env: { PATH: process.env.PATH, ...shippedEnvironment, ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  endWithProcess(child);
  // It is there for what the flags may load; it must not keep this process from ending.
  child.channel?.unref();
  let stderr = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  let ended: number | string | undefined;
  const exit = new Promise<number | string>((resolve) => {
    child.once("exit", (code, signal) => {
      ended = code ?? signal ?? "unknown";
      resolve(ended);
    });
  });
  const port = await readPort(child, onLine, exit, () => stderr, startTimeoutMs);
  return {
    pid: child.pid!,
    ask: async (message) => {
      child.send(message);
      const ended = exit.then((status) => Promise.reject(new Error(`the service ended with ${status}`)));
      const [answer] = await Promise.race([once(child, "message"), ended]);
      return answer as Readonly<Record<string, number>>;
    },
    port,
    url: `http://127.0.0.1:${port}`,
    exit,
    isAlive: () => ended === undefined,
    stderr: () => stderr.replaceAll(debuggerLine, ""),
    liveBytes: () => liveBytes(child.pid!, () => stderr),
    async stop() {
      child.kill("SIGTERM");
      const force = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
      const status = await exit;
      clearTimeout(force);
      return status;
    },
  };
}

function readPort(
  child: ChildProcess,
  onLine: (line: LogLine) => void,
  exit: Promise<unknown>,
  stderr: () => string,
  timeoutMs: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (what: string): void => {
      child.kill("SIGKILL");
      reject(new Error(`the service ${what}: ${stderr()}`));
    };
    const timer = setTimeout(() => fail("does not start"), timeoutMs);
    void exit.then((status) => fail(`ended with ${status}`));
    let rest = "";
    child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      const parts = (rest + text).split("\n");
      rest = parts.pop() ?? "";
      for (const part of parts) {
        const line = JSON.parse(part) as LogLine;
        if (typeof line.port === "number") {
          clearTimeout(timer);
          resolve(line.port);
        }
        onLine(line);
      }
    });
  });
}
