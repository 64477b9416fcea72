import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import { inject } from "vitest";
import { endWithProcess } from "../../measure/end-with-process.ts";
import type { Env } from "../../src/config/config.ts";
import type { LogLine } from "./captured-log.ts";
import { type FakeUpstream, startFakeUpstream } from "./fake-upstream.ts";
import { send } from "./http-client.ts";
import { type Entry, environmentOf, model } from "./running-service.ts";
import { until } from "./until.ts";

const root = resolve(import.meta.dirname, "../..");

/** A service in a process of its own, as it is deployed. */
export interface ChildService {
  readonly url: string;
  readonly port: number;
  readonly upstream: FakeUpstream;
  readonly child: ChildProcess;
  readonly lines: readonly LogLine[];
  /** What was written to standard error: nothing, unless something is wrong. */
  stderr(): string;
  /** Resolves with the exit status, or the signal that ended the process. */
  readonly exit: Promise<number | string>;
  /** One value of `/metrics`, by the start of its line. */
  metric(name: string): Promise<number>;
  /** Ends the process at once, and the fake model server with it. */
  close(): Promise<void>;
}

/** Starts `kserve-model-registry serve` with its models on a fake model server. */
export async function startChildService(
  options: {
    readonly models?: readonly Entry[];
    readonly env?: Env;
    readonly nodeFlags?: readonly string[];
    /** What is run. Default: the bundled program. */
    readonly program?: string;
  } = {},
): Promise<ChildService> {
  const upstream = await startFakeUpstream();
  const env = environmentOf(options.models ?? [{ name: model }], upstream.url, options.env);
  const child = spawn(process.execPath, [...(options.nodeFlags ?? []), options.program ?? inject("program"), "serve"], {
    cwd: root,
    env: { ...env, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE },
    stdio: ["ignore", "pipe", "pipe"],
  });
  endWithProcess(child);
  const lines: LogLine[] = [];
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts.map((line) => JSON.parse(line) as LogLine));
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const exit = new Promise<number | string>((done) => {
    child.once("exit", (code, signal) => done(code ?? signal ?? "unknown"));
  });
  const listening = (): LogLine | undefined => lines.find(({ port }) => port !== undefined);
  const started = async (): Promise<{ url: string; port: number }> => {
    await until(() => listening() !== undefined || child.exitCode !== null, `the service starts: ${stderr}`, 30_000);
    const line = listening();
    if (line === undefined) throw new Error(`the service does not start: ${stderr}`);
    return line as unknown as { url: string; port: number };
  };
  const close = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exit;
    await upstream.close();
  };
  const { url, port } = await started().catch(async (error: unknown) => {
    await close();
    throw error;
  });

  return {
    url,
    port,
    upstream,
    child,
    lines,
    stderr: () => stderr,
    exit,
    async metric(name) {
      const { body } = await send("1.1", { url, path: "/metrics" });
      const line = body.split("\n").find((one) => one.startsWith(`${name} `) || one.startsWith(`${name}{`));
      return Number(line?.slice(line.lastIndexOf(" ") + 1));
    },
    close,
  };
}
