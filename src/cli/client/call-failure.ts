import { Code, ConnectError } from "@connectrpc/connect";
import {
  type BadRequest_FieldViolation,
  BadRequestSchema,
  ErrorInfoSchema,
} from "../../../gen/google/rpc/error_details_pb.ts";
import { PredictFailureSchema } from "../../../gen/kserve/registry/v1/error_reason_pb.ts";
import { formatDuration } from "../../base/duration.ts";
import { Failure } from "../failure.ts";
import { printable } from "../output/printable.ts";
import type { ClientOptions } from "./client-options.ts";
import { connectFailureLines } from "./connect-failure.ts";

/** More wrong fields than this are only counted. */
const maxFields = 10;

/** A failed call in words: what was wrong, which fields, and what to do. Failures stay what they are. */
export function failureOfCall(error: unknown, options: ClientOptions): Failure {
  if (error instanceof Failure) return error;
  const connectError = ConnectError.from(error);
  const [info] = connectError.findDetails(ErrorInfoSchema);
  // Every error of the service itself carries an ErrorInfo; what has none came from the way there.
  const lines = info === undefined ? transportLines(connectError, options) : serviceLines(connectError, info.reason);
  return new Failure(lines.join("\n"));
}

function serviceLines(error: ConnectError, reason: string): string[] {
  const violations = error.findDetails(BadRequestSchema).flatMap(({ fieldViolations }) => fieldViolations);
  const [failure] = error.findDetails(PredictFailureSchema);
  const hint = failure !== undefined && failure.hint !== "" ? failure.hint : hints[reason];
  // A single field already stands in the message.
  const what = violations.length < 2 ? [printable(error.rawMessage)] : fieldLines(violations);
  return hint === undefined ? what : [...what, printable(hint)];
}

function fieldLines(violations: readonly BadRequest_FieldViolation[]): string[] {
  const lines = violations
    .slice(0, maxFields)
    .map(({ field, description }) => `  ${printable(field)}: ${printable(description)}`);
  const more = violations.length - lines.length;
  return ["these fields of the request are wrong:", ...lines, ...(more > 0 ? [`  and ${more} more`] : [])];
}

/** What to do about a reason for which the server gives no hint of its own. */
export const hints: Readonly<Record<string, string>> = {
  MODEL_NOT_FOUND: "`kserve-model-registry list` shows the names.",
  DEADLINE_EXCEEDED: "Give it more time with --timeout.",
  MODELS_NOT_LOADED: "Try again.",
  SHUTTING_DOWN: "Try again.",
  UNAUTHENTICATED: "Name a file with a good token by --token-file.",
  ACCESS_CHECK_FAILED: "Try again.",
  TOO_MANY_IN_FLIGHT: "Try again.",
};

function transportLines(error: ConnectError, options: ClientOptions): string[] {
  const { address, timeoutMs } = options;
  switch (error.code) {
    case Code.DeadlineExceeded:
      return [
        `No answer from ${address} within ${formatDuration(timeoutMs)}.`,
        "Give it more time with --timeout, or check --address.",
      ];
    case Code.Unimplemented:
      return [
        `The server at ${address} does not know this call: ${printable(error.rawMessage)}.`,
        "Check that --address is that of a kserve-model-registry, and not older than this program.",
      ];
    default:
      return connectFailureLines(error, address);
  }
}
