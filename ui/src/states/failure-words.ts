import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema } from "../../../gen/google/rpc/error_details_pb.ts";

/** A failed call, in words: what happened, and what can be done. */
export interface FailureWords {
  readonly title: string;
  /** What the server said. */
  readonly message: string;
  /** What to do. Empty where the message says it. */
  readonly advice: string;
  /** Whether the service has not answered at all. */
  readonly isDisconnected: boolean;
  /** The cause by name, as logs and metrics have it: `MODEL_UNREACHABLE`. */
  readonly reason: string;
  /** The wrong fields by their paths: `instances[3].iops`. */
  readonly fields: ReadonlyMap<string, string>;
}

const known: Partial<Record<Code, readonly [title: string, advice: string]>> = {
  [Code.Unauthenticated]: [
    "Sign-in required",
    "Paste a token under “Sign in” at the top, or sign in at the proxy in front of this page.",
  ],
  [Code.PermissionDenied]: [
    "Permission denied",
    "Ask the operators of the service for access, and show them the reason below.",
  ],
  [Code.NotFound]: ["Not found", ""],
  [Code.InvalidArgument]: ["Invalid request", ""],
  [Code.FailedPrecondition]: ["Not possible right now", ""],
  [Code.AlreadyExists]: ["Already exists", ""],
  [Code.Aborted]: [
    "Changed by someone else",
    "The record has changed in the meantime. Reload it, check, and try again.",
  ],
  [Code.ResourceExhausted]: ["Limit exceeded", "Try again in a moment."],
  [Code.DeadlineExceeded]: ["Timed out", "The model did not respond in time. Try again, or send fewer rows."],
  [Code.Unimplemented]: [
    "Not supported by this server",
    "It may be older than this page, or this feature may be disabled.",
  ],
};

/** What a failed call means for who reads it. */
export function failureWords(thrown: unknown): FailureWords {
  const error = ConnectError.from(thrown);
  const reason = error.findDetails(ErrorInfoSchema)[0]?.reason ?? "";
  const violations = error.findDetails(BadRequestSchema).flatMap(({ fieldViolations }) => fieldViolations);
  const fields = new Map(violations.map(({ field, description }) => [field, description]));
  const message = error.rawMessage;
  if (isDisconnected(error, reason)) {
    return {
      title: "The service cannot be reached",
      message,
      advice: "It may be restarting, or the network may be down. This page reconnects automatically.",
      isDisconnected: true,
      reason,
      fields,
    };
  }
  const [title, advice] = known[error.code] ?? ["Request failed", ""];
  return { title, message, advice, isDisconnected: false, reason, fields };
}

/** Whether nothing of ours has answered: the server gives every error a reason. */
export function isDisconnected(error: ConnectError, reason: string): boolean {
  if (reason !== "") return false;
  return error.code === Code.Unavailable || (error.code === Code.Unknown && error.cause instanceof TypeError);
}

/** Whether asking again may help. */
export function isWorthRetrying(thrown: unknown): boolean {
  const error = ConnectError.from(thrown);
  const reason = error.findDetails(ErrorInfoSchema)[0]?.reason ?? "";
  return isDisconnected(error, reason) || error.code === Code.Unavailable;
}
