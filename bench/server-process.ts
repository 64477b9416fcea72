import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { endWithProcess } from "../measure/end-with-process.ts";
import { paths } from "../measure/paths.ts";

/** How a server is started. */
export interface Command {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The ports, where they are known before the start; else the server's first line of JSON with one names them. */
  readonly ports?: Ports;
}

/** Where a server listens, by HTTP version. */
export interface Ports {
  readonly http1: number;
  readonly http2: number;
}

/** A server that runs in a process of its own. */
export interface ServerProcess {
  readonly pid: number;
  readonly ports: Ports;
  stop(): Promise<void>;
}

const startTimeoutMs = 15_000;

/** Starts a server on one core, and waits until it says where it listens. */
export async function startServer(command: Command, core: number): Promise<ServerProcess> {
  const { name, program, args, env = {} } = command;
  // A file, because nobody would empty a pipe for the whole run.
  const errors = openSync(join(paths.work, `${name.replaceAll(/[^a-z0-9]+/gi, "-")}.log`), "w");
  // taskset becomes the server by exec, so the process id is the server's.
  const child = spawn("taskset", ["-c", String(core), program, ...args], {
    env: { PATH: process.env.PATH, LD_LIBRARY_PATH: paths.libraries, ...env },
    stdio: ["ignore", "pipe", errors],
  });
  closeSync(errors);
  endWithProcess(child);
  const exit = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  try {
    const ports = await readPorts(child, command);
    child.stdout?.resume();
    return {
      pid: child.pid!,
      ports,
      async stop() {
        child.kill("SIGTERM");
        const force = globalThis.setTimeout(() => child.kill("SIGKILL"), 5000);
        await exit;
        clearTimeout(force);
      },
    };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

function readPorts(child: ChildProcess, { name, ports }: Command): Promise<Ports> {
  return new Promise((resolve, reject) => {
    const timer = globalThis.setTimeout(() => reject(new Error(`${name} does not start`)), startTimeoutMs);
    const done = (found: Ports): void => {
      clearTimeout(timer);
      resolve(found);
    };
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`${name} ended with ${code ?? signal}; see ${paths.work}`));
    });
    if (ports !== undefined) {
      void untilOpen(ports.http1, () => child.exitCode === null).then(() => done(ports));
      return;
    }
    let rest = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const found = portsOf(line);
        if (found !== undefined) done(found);
      }
    });
  });
}

/** Waits until a port takes connections, as long as there is hope. */
async function untilOpen(port: number, hope: () => boolean): Promise<void> {
  while (hope() && !(await isOpen(port))) await setTimeout(5);
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

/** Reads the ports off a line such as `{"port": 1}` or `{"http1": 1, "http2": 2}`; undefined when there are none. */
function portsOf(line: string): Ports | undefined {
  if (!line.startsWith("{")) return undefined;
  const {
    port = 0,
    http1 = port,
    http2 = port,
  } = JSON.parse(line) as { port?: number; http1?: number; http2?: number };
  return http1 + http2 > 0 ? { http1, http2 } : undefined;
}
