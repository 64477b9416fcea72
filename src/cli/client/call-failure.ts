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
import { addressVariable } from "./address.ts";
import type { ClientOptions } from "./client-options.ts";

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
  return ["these request fields are invalid:", ...lines, ...(more > 0 ? [`  and ${more} more`] : [])];
}

/** What to do about a reason for which the server gives no hint of its own. */
export const hints: Readonly<Record<string, string>> = {
  MODEL_NOT_FOUND: "`kserve-model-registry list` shows the names.",
  DEADLINE_EXCEEDED: "Set a longer --timeout.",
  MODELS_NOT_LOADED: "Try again.",
  SHUTTING_DOWN: "Try again.",
  UNAUTHENTICATED: "Pass a file with a valid token in --token-file.",
  ACCESS_CHECK_FAILED: "Try again.",
  TOO_MANY_IN_FLIGHT: "Try again.",
};

function transportLines(error: ConnectError, options: ClientOptions): string[] {
  const { address, timeoutMs } = options;
  switch (error.code) {
    case Code.DeadlineExceeded:
      return [
        `No answer from ${address} within ${formatDuration(timeoutMs)}.`,
        "Set a longer --timeout, or check --address.",
      ];
    case Code.Unimplemented:
      return [
        `The server at ${address} does not know this call: ${printable(error.rawMessage)}.`,
        "Check that --address is that of a kserve-model-registry no older than this program.",
      ];
    default:
      return connectFailureLines(error, address);
  }
}

const startIt = `Start it with \`kserve-model-registry serve\`, or set its address with --address or ${addressVariable}.`;
const checkAddress = "Check that --address is that of a kserve-model-registry, and whether it needs http or https.";
const trustIt = "Pass the server's CA certificate in --ca-file.";

/** What the code of a system, TLS or HTTP/2 error means, behind "the server at ADDRESS", and what to do. */
const meanings: Readonly<Record<string, readonly [what: string, toDo: string]>> = {
  ECONNREFUSED: ["cannot be reached: the connection was refused", startIt],
  ENOTFOUND: ["cannot be reached: its name does not resolve", "Check --address, and DNS on this machine."],
  EAI_AGAIN: ["cannot be reached: its name cannot be looked up now", "Try again, or check DNS on this machine."],
  EHOSTUNREACH: ["cannot be reached: there is no route to its address", "Check --address, and the network."],
  ENETUNREACH: ["cannot be reached: there is no route to its network", "Check --address, and the network."],
  ETIMEDOUT: ["cannot be reached: connecting timed out", "Check --address, and firewalls."],
  ECONNRESET: ["reset the connection", checkAddress],
  ERR_HTTP2_ERROR: ["does not speak HTTP/2, which gRPC needs", checkAddress],
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: ["does not speak HTTP/2, which gRPC needs", checkAddress],
  ERR_SSL_WRONG_VERSION_NUMBER: ["does not speak TLS", "Use http:// in --address."],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: ["does not speak TLS", "Use http:// in --address."],
  ERR_TLS_CERT_ALTNAME_INVALID: ["has a certificate for another name", "Use a name from its certificate in --address."],
  CERT_HAS_EXPIRED: ["has a certificate that has expired", "Renew it on the server."],
  DEPTH_ZERO_SELF_SIGNED_CERT: ["has a certificate that is not trusted here", trustIt],
  SELF_SIGNED_CERT_IN_CHAIN: ["has a certificate that is not trusted here", trustIt],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ["has a certificate that is not trusted here", trustIt],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ["has a certificate that is not trusted here", trustIt],
  UNABLE_TO_GET_ISSUER_CERT: ["has a certificate that is not trusted here", trustIt],
};

/** A call that did not come through to the service, as two lines: what happened, and what to do. */
function connectFailureLines(error: ConnectError, address: string): string[] {
  const [what, toDo] = codesOf(error)
    .map((code) => meanings[code])
    .find((meaning) => meaning !== undefined) ?? [otherwise(error), checkAddress];
  return [`The server at ${address} ${what}.`, toDo];
}

function otherwise(error: ConnectError): string {
  // Nobody here cancels a call and then looks at its error: this is a connection that was closed under it.
  if (error.code === Code.Canceled || error.code === Code.Aborted) return "closed the connection before it answered";
  return `failed: ${printable(error.rawMessage).replace(/\.$/, "")}`;
}

/** The codes along the causes of an error. A failure on several addresses carries those of each. */
function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  const waiting: unknown[] = [error];
  while (waiting.length > 0 && codes.length < 32) {
    const next = waiting.shift();
    if (!(next instanceof Error)) continue;
    const { code, cause, errors } = next as { code?: unknown; cause?: unknown; errors?: unknown };
    codes.push(typeof code === "string" ? code : "");
    waiting.push(...(Array.isArray(errors) ? errors : []), cause);
  }
  return codes;
}
