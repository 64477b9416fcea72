import type { IncomingHttpHeaders } from "node:http";
import { parseTimeout as parseConnectTimeout } from "@connectrpc/connect/protocol-connect";
import { parseTimeout as parseGrpcTimeout } from "@connectrpc/connect/protocol-grpc";

/** How a caller speaks to this server. */
export type Protocol = "grpc" | "grpc-web" | "connect" | "http";

/** The protocol of a request. `method` is the RPC that its path names, if it is one. */
export function protocolOf(headers: IncomingHttpHeaders, method: string | undefined): Protocol {
  const contentType = headers["content-type"] ?? "";
  if (contentType.startsWith("application/grpc-web")) return "grpc-web";
  if (contentType.startsWith("application/grpc")) return "grpc";
  return method === undefined ? "http" : "connect";
}

/** How long a caller waits, in milliseconds from the start of its call; undefined when it does not say. */
export type Deadline = number | "malformed" | undefined;

/** Node's timers hold 2^31-1 ms; a longer one fires at once. A day is longer than any call. */
const maxMs = 24 * 3_600_000;

const grpc = { name: "grpc-timeout", parse: parseGrpcTimeout, write: (ms: number): string => `${ms}m` } as const;
const connect = { name: "connect-timeout-ms", parse: parseConnectTimeout, write: String } as const;

const headerOf: Readonly<Record<Protocol, typeof grpc | typeof connect | undefined>> = {
  grpc,
  "grpc-web": grpc,
  connect,
  http: undefined,
};

/**
 * Reads a caller's deadline, and shortens one that no timer can hold, in the header, too: Connect would refuse it, and
 * gRPC clients send it for "no deadline". A malformed one is left for Connect to refuse.
 */
export function readDeadline(protocol: Protocol, headers: IncomingHttpHeaders): Deadline {
  const header = headerOf[protocol];
  const value = header && headers[header.name];
  if (header === undefined || value === undefined) return undefined;
  const { timeoutMs, error } = header.parse(String(value), Number.MAX_SAFE_INTEGER);
  if (error !== undefined || timeoutMs === undefined) return "malformed";
  if (timeoutMs <= maxMs) return timeoutMs;
  headers[header.name] = header.write(maxMs);
  return maxMs;
}

/** Writes a deadline of at most a day from now, for Connect to read. */
export function writeDeadline(protocol: Protocol, headers: Headers, ms: number): void {
  const header = headerOf[protocol];
  if (header !== undefined) headers.set(header.name, header.write(Math.ceil(ms)));
}

/** Clocks and the way of a request differ by so much, in milliseconds. */
const minSlackMs = 10;
const maxSlackMs = 50;

/**
 * Whether a caller that left so long after the start did so because its deadline had passed. A client looks at its own
 * clock, which started earlier than ours, and resets its stream without waiting for an answer.
 */
export function hasPassed(deadline: Deadline, elapsedMs: number): boolean {
  if (typeof deadline !== "number") return false;
  const slackMs = Math.min(maxSlackMs, Math.max(minSlackMs, deadline * 0.2));
  return elapsedMs >= deadline - slackMs;
}
