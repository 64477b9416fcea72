import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";

/** An error of the service with its details. */
export interface Failure {
  /** For programs. */
  readonly code: Code;
  /** For people. */
  readonly message: string;
  /** A reason of `ErrorReason`, without its prefix; empty where the error is not one of the service. */
  readonly reason: string;
  /** What is wrong with the request, by field: `instances[3].iops`. */
  readonly violations: readonly { readonly field: string; readonly description: string }[];
  /** How long to wait before the next try; undefined where there is no point in one. */
  readonly retryDelayMs: number | undefined;
}

/** Takes an error apart. */
export function failureOf(error: unknown): Failure {
  const failure = ConnectError.from(error);
  const delay = failure.findDetails(RetryInfoSchema)[0]?.retryDelay;
  return {
    code: failure.code,
    message: failure.rawMessage,
    reason: failure.findDetails(ErrorInfoSchema)[0]?.reason ?? "",
    violations: failure.findDetails(BadRequestSchema).flatMap(({ fieldViolations }) => fieldViolations),
    retryDelayMs: delay === undefined ? undefined : Number(delay.seconds) * 1000 + delay.nanos / 1e6,
  };
}

/** An error in words. */
export function readable({ code, message, reason, violations }: Failure): string {
  const cells = violations.map(({ field, description }) => `\n  ${field}: ${description}`);
  return `${Code[code]}: ${message} (${reason || "no reason"})${cells.join("")}`;
}
