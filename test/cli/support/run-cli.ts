import { Readable, Writable } from "node:stream";
import { createProgram } from "../../../src/cli/program.ts";
import type { Env } from "../../../src/config/config.ts";
import { until } from "../../support/until.ts";

/** What a command is run with. */
export interface CliOptions {
  readonly env?: Env;
  /** What is piped into it. Without, standard input is a terminal that nobody types at. */
  readonly stdin?: string;
  /** Default: a stream that keeps what is written. */
  readonly stdout?: Writable;
}

/** A command that runs in this process. */
export interface RunningCli {
  readonly status: Promise<number>;
  out(): string;
  err(): string;
  /** Waits until standard output contains a text. */
  untilOut(text: string): Promise<void>;
  untilErr(text: string): Promise<void>;
  /** Does what Ctrl-C does. */
  interrupt(): void;
}

/** Starts the command line in this process, with streams of its own. */
export function startCli(args: readonly string[], options: CliOptions = {}): RunningCli {
  const interrupted = new AbortController();
  const out = capture();
  const err = capture();
  const status = createProgram({
    env: options.env ?? {},
    stdin: options.stdin === undefined ? terminal() : Readable.from([Buffer.from(options.stdin)]),
    stdout: options.stdout ?? out.stream,
    stderr: err.stream,
    interrupted: interrupted.signal,
  }).run(args);
  return {
    status,
    out: out.text,
    err: err.text,
    untilOut: (text) => until(() => out.text().includes(text), `standard output says ${text}: ${out.text()}`),
    untilErr: (text) => until(() => err.text().includes(text), `standard error says ${text}: ${err.text()}`),
    interrupt: () => interrupted.abort(),
  };
}

/** Runs the command line to its end. */
export async function runCli(
  args: readonly string[],
  options: CliOptions = {},
): Promise<{ status: number; out: string; err: string }> {
  const cli = startCli(args, options);
  return { status: await cli.status, out: cli.out(), err: cli.err() };
}

function capture(): { stream: Writable; text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString() };
}

function terminal(): Readable {
  return Object.assign(new Readable({ read() {} }), { isTTY: true });
}
