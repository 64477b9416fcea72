import type { Input } from "./input.ts";
import type { Reply } from "./transmit.ts";

/** gRPC statuses that put the blame on the server: UNKNOWN, INTERNAL, UNAVAILABLE, DATA_LOSS. */
const serverFaults: ReadonlySet<number> = new Set([2, 13, 14, 15]);

/** What the protocols prescribe, although it looks like a fault of the server. */
const prescribed: readonly { readonly status: number; readonly text: RegExp }[] = [
  // Connect: `unimplemented` for an encoding that nobody knows.
  { status: 501, text: /"unimplemented"/ },
  // A body that is encoded in transfer in another way than in chunks (RFC 9112, 6.1).
  { status: 501, text: /transfer-encoding/i },
  { status: 504, text: /"deadline_exceeded"/ },
  // Connect: a stream in both directions needs HTTP/2.
  { status: 505, text: /^HTTP\/1\.1 505 /m },
];
/** gRPC: INTERNAL for a compressed message where no compression was agreed on. */
const prescribedInternal = /received(%20| )compressed(%20| )envelope/;

/** What is wrong with a reply; undefined when nothing is. */
export function problemOf(input: Input, { end, statuses, grpcStatuses, text }: Reply): string | undefined {
  const isPrescribed = (status: number): boolean =>
    prescribed.some((one) => one.status === status && one.text.test(text));
  const status = statuses.find((one) => one >= 500 && !isPrescribed(one));
  if (status !== undefined) return `HTTP ${status} for a caller's mistake`;
  const grpcStatus = grpcStatuses.find((one) => serverFaults.has(one));
  if (grpcStatus !== undefined && !prescribedInternal.test(text))
    return `gRPC status ${grpcStatus} for a caller's mistake`;
  if (end !== "silent") return undefined;
  if (input.kind === "http") return "no answer to a whole request";
  return input.end === "half-close" ? "the connection stays open after its caller has ended it" : undefined;
}
