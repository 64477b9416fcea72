import { createSecureContext } from "node:tls";
import { type Command, InvalidArgumentError, Option } from "commander";
import { parseDurationMs } from "../../base/duration.ts";
import { readSmallFile } from "../../base/read-small-file.ts";
import type { Env } from "../../config/config.ts";
import type { CliIo } from "../cli-io.ts";
import { usageFailure } from "../failure.ts";
import { addressVariable, defaultAddress, readAddress } from "./address.ts";
import { assertTokenFile, tokenFileVariable } from "./token-file.ts";

/** How a result is written. */
export type OutputForm = "table" | "json";

/** How a server is spoken to, whatever its address. */
export interface ConnectionOptions {
  /** How long one call may take. */
  readonly timeoutMs: number;
  /** The file of `ca`, as it was given. */
  readonly caFile: string | undefined;
  /** Certificate authorities to trust instead of the usual ones, in PEM. */
  readonly ca: Buffer | undefined;
  /** The file of the bearer token that is sent; read again for every call. */
  readonly tokenFile: string | undefined;
}

/** The options of every command that calls a server. */
export interface ClientOptions extends ConnectionOptions {
  /** The base address of the server, without a slash at the end. */
  readonly address: string;
  readonly output: OutputForm;
}

/** The files of a connection, as commander hands them over. */
interface RawFiles {
  readonly caFile?: string;
  readonly tokenFile?: string;
}

/** A server that a command can do without. */
export interface RawOptionalServer extends RawFiles {
  readonly address?: string;
}

/** The options as commander hands them over. */
export interface RawConnectionOptions extends RawFiles {
  readonly timeout: number;
}

/** The same of every command that calls a server. */
export interface RawClientOptions extends RawConnectionOptions {
  readonly address?: string;
  readonly output: OutputForm;
}

const timeoutLimitsMs = { min: 1, max: 3_600_000 };

/** Adds the options of every command that calls a server. */
export function addClientOptions(command: Command, timeoutMeaning = "how long a call may take"): Command {
  command.addOption(
    new Option(
      "--address <url>",
      `the server's address (default: $${addressVariable}, else ${defaultAddress}); host:port means http`,
    ),
  );
  return addConnectionOptions(command, timeoutMeaning, ` (default: $${tokenFileVariable})`);
}

/**
 * Makes a command one that asks a server and writes what comes of it.
 *
 * @param run is given the options of the server, and then what commander hands over: arguments, and options
 */
export function writeAnswer<Given extends readonly unknown[]>(
  command: Command,
  io: CliIo,
  help: string,
  run: (options: ClientOptions, ...given: Given) => Promise<string | Uint8Array>,
): Command {
  return addClientOptions(command)
    .addHelpText("after", help)
    .action(async (...all: unknown[]) => {
      // Last comes the command itself.
      const given = all.slice(0, -1);
      const options = readClientOptions(given.at(-1) as RawClientOptions, io.env);
      io.stdout.write(await run(options, ...(given as unknown as Given)));
    });
}

/** Adds the options of a server that the command can do without. */
export function addOptionalServer(command: Command, addressMeaning: string): Command {
  return command
    .option("--address <url>", addressMeaning)
    .option("--ca-file <path>", "with --address: trust only the CA certificates in this PEM file")
    .option("--token-file <path>", "with --address: a file with the bearer token to send");
}

/** @throws Failure of wrong usage, also for files of a server that is not named */
export function readOptionalServer(
  { address, ...files }: RawOptionalServer,
  timeoutMs: number,
  env: Env,
): ClientOptions | undefined {
  if (address !== undefined) return readClientOptions({ address, ...files, output: "table", timeout: timeoutMs }, env);
  const [option] = [files.caFile && "--ca-file", files.tokenFile && "--token-file"].filter(Boolean);
  if (option !== undefined) throw usageFailure(`${option} needs --address`);
  return undefined;
}

/** Adds the options of how a server is spoken to, and of how the result is written. */
export function addConnectionOptions(command: Command, timeoutMeaning: string, tokenDefault = ""): Command {
  return command
    .addOption(new Option("--ca-file <path>", "trust only the CA certificates in this PEM file, for https"))
    .addOption(
      new Option(
        "--token-file <path>",
        `a file with the bearer token to send, for servers with access control${tokenDefault}`,
      ),
    )
    .addOption(new Option("-o, --output <form>", "how to write the result").choices(["table", "json"]).default("table"))
    .addOption(
      new Option("--timeout <duration>", timeoutMeaning).argParser(readTimeout).default(readTimeout("10s"), "10s"),
    );
}

/** @throws Failure of wrong usage, for an address or a file that cannot be used */
export function readClientOptions(raw: RawClientOptions, env: Env): ClientOptions {
  const variable = env[addressVariable];
  const address =
    raw.address !== undefined
      ? readAddress(raw.address, "--address")
      : variable !== undefined && variable !== ""
        ? readAddress(variable, addressVariable)
        : defaultAddress;
  return { address, output: raw.output, ...readConnectionOptions(raw, env) };
}

/**
 * @param env of a server of another name, empty: the token of the environment is not for it
 * @throws Failure of wrong usage, for a file that cannot be used
 */
export function readConnectionOptions(raw: RawConnectionOptions, env: Env): ConnectionOptions {
  return {
    timeoutMs: raw.timeout,
    caFile: raw.caFile,
    ca: raw.caFile === undefined ? undefined : readCa(raw.caFile),
    tokenFile: tokenFileOf(raw, env),
  };
}

function tokenFileOf({ tokenFile }: RawConnectionOptions, env: Env): string | undefined {
  const path = tokenFile ?? (env[tokenFileVariable] || undefined);
  if (path !== undefined) assertTokenFile(path, tokenFile === undefined ? tokenFileVariable : "--token-file");
  return path;
}

function readTimeout(text: string): number {
  const ms = parseDurationMs(text);
  if (ms !== undefined && ms >= timeoutLimitsMs.min && ms <= timeoutLimitsMs.max) return ms;
  throw new InvalidArgumentError("Expected a duration such as 500ms, 10s or 2m, from 1ms to 1h.");
}

function readCa(path: string): Buffer {
  try {
    const ca = readSmallFile(path);
    // Parses it, so that a file that is not a certificate is not found out by a failed connection.
    createSecureContext({ ca });
    if (!ca.includes("-----BEGIN CERTIFICATE-----")) throw new Error("it contains no PEM certificate");
    return ca;
  } catch (error) {
    throw usageFailure(`--ca-file ${path} cannot be used: ${(error as Error).message}`);
  }
}
