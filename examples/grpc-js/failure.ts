import { join } from "node:path";
import { type ServiceError, status } from "@grpc/grpc-js";
import protobuf from "protobufjs";

/** An error of the service with its details. */
export interface Failure {
  /** For programs. */
  readonly code: status;
  /** For people. */
  readonly message: string;
  /** A reason of `ErrorReason`, without its prefix; empty where the error is not one of the service. */
  readonly reason: string;
  /** What is wrong with the request, by field: `instances[3].iops`. */
  readonly violations: readonly { readonly field: string; readonly description: string }[];
  /** How long to wait before the next try; undefined where there is no point in one. */
  readonly retryDelayMs?: number;
}

const types = protobuf.loadSync(join(import.meta.dirname, "../../proto/google/rpc/error_details.proto"));
// Of google.rpc.Status only the details are needed: grpc-js gives the rest.
const statusProto = `
  syntax = "proto3";
  message Status { repeated Any details = 3; }
  message Any { string type_url = 1; bytes value = 2; }
`;
protobuf.parse(statusProto, types, { keepCase: true });

/** Takes an error apart. Details come in the trailer `grpc-status-details-bin`. */
export function failureOf(error: unknown): Failure {
  const { code = status.UNKNOWN, details: message = String(error), metadata } = error as Partial<ServiceError>;
  const failure = { code, message, reason: "", violations: [] as { field: string; description: string }[] };
  let retryDelayMs: number | undefined;
  const [bytes] = metadata?.get("grpc-status-details-bin") ?? [];
  const details = bytes === undefined ? [] : decode("Status", bytes as Buffer).details;
  for (const { type_url: url, value } of details) {
    switch (url.slice(url.lastIndexOf("/") + 1)) {
      case "google.rpc.ErrorInfo":
        failure.reason = decode("google.rpc.ErrorInfo", value).reason;
        break;
      case "google.rpc.BadRequest":
        failure.violations.push(...decode("google.rpc.BadRequest", value).fieldViolations);
        break;
      case "google.rpc.RetryInfo": {
        const { seconds, nanos } = decode("google.rpc.RetryInfo", value).retryDelay;
        retryDelayMs = Number(seconds) * 1000 + nanos / 1e6;
      }
    }
  }
  return retryDelayMs === undefined ? failure : { ...failure, retryDelayMs };
}

/** An error in words. */
export function readable({ code, message, reason, violations }: Failure): string {
  const cells = violations.map(({ field, description }) => `\n  ${field}: ${description}`);
  return `${status[code]}: ${message} (${reason || "no reason"})${cells.join("")}`;
}

// biome-ignore lint/suspicious/noExplicitAny: messages are what the protos say, which no compiler has read
function decode(type: string, bytes: Uint8Array): Record<string, any> {
  return types.lookupType(type).decode(bytes);
}
