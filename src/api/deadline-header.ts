import type { IncomingHttpHeaders } from "node:http";

/** Node's timers hold 2^31-1 ms; a longer one fires at once. A day is longer than any call. */
const maxMs = 24 * 3_600_000;

const grpcUnitsMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/**
 * Shortens deadlines that no timer can hold. Connect would refuse them, and gRPC clients send them for "no deadline".
 * Malformed ones are left for Connect to refuse.
 */
export function clampDeadline(headers: IncomingHttpHeaders): void {
  const grpc = headers["grpc-timeout"];
  if (typeof grpc === "string") {
    const match = /^(\d{1,8})([HMSmun])$/.exec(grpc);
    if (match !== null && Number(match[1]) * grpcUnitsMs[match[2]!]! > maxMs)
      headers["grpc-timeout"] = `${maxMs / 1000}S`;
  }
  const connect = headers["connect-timeout-ms"];
  if (typeof connect === "string" && /^\d{1,10}$/.test(connect) && Number(connect) > maxMs) {
    headers["connect-timeout-ms"] = String(maxMs);
  }
}
