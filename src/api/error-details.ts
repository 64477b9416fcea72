import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { ConnectError } from "@connectrpc/connect";
import {
  BadRequest_FieldViolationSchema,
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "../../gen/google/rpc/error_details_pb.ts";
import { PredictFailureSchema, PredictStage } from "../../gen/kserve/registry/v1/error_reason_pb.ts";
import type { FieldViolation, PredictFailure } from "../registry/registry-error.ts";
import { escapeGrpcMessage } from "./rpc/grpc-trailers.ts";

/** The domain of every ErrorInfo. */
const errorDomain = "kserve-model-registry";

/**
 * The size limit for all trailers of an error, in bytes as HTTP/2 counts them. grpc-java accepts 8 KiB of headers,
 * including those of the answer's head, and drops the whole connection above that; other clients fail the call.
 */
export const maxTrailerBytes = 6 * 1024;

/** The names of the three trailers, the code, and the 32 bytes that HTTP/2 counts for each (RFC 9113, 6.5.2). */
const fixedBytes = "grpc-status".length + "grpc-message".length + "grpc-status-details-bin".length + 2 + 3 * 32;

/** The message, as it stands in `grpc-message`: room for 1 KiB of a model's own words. */
const maxMessageBytes = 1536;

/** Names of models and namespaces are shorter; an unknown name is a caller's text. */
const maxMetadataBytes = 256;
const maxHintBytes = 512;
const maxDescriptionBytes = 640;

/** The part that is reserved for field violations, where there are any, next to a model server's message. */
const violationBytes = 1100;

/** The type URL of a detail, with the tags and lengths around it. */
const anyBytes = 70;

/** The parts of an error that its caller is sent. */
export interface DetailedError {
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly FieldViolation[];
  /** How many fields are wrong, where not all of them are named. */
  readonly violationCount?: number | undefined;
  /** When the call may be tried again, in milliseconds from now. */
  readonly retryAfterMs: number | undefined;
  readonly failure?: PredictFailure | undefined;
}

/** A message that is sent with an error, cut where it is too long. */
export function fitMessage(message: string): string {
  const trimmed = message.toWellFormed().trim();
  let maxBytes = maxMessageBytes;
  let kept = cut(trimmed, maxBytes);
  // A character outside of ASCII takes three times its bytes when it is escaped.
  while (escapeGrpcMessage(kept).length > maxMessageBytes) {
    maxBytes = Math.floor(maxBytes * 0.8);
    kept = cut(trimmed, maxBytes);
  }
  return kept;
}

/**
 * The details of an error that fit into trailers together with its message: a model server's message is cut, and field
 * violations that do not fit are only counted. The same in every protocol.
 */
export function detailsOf(error: DetailedError, message: string): ConnectError["details"] {
  const details = new Details(message);
  const metadata = Object.entries(error.metadata).map(([name, value]) => [name, cut(value, maxMetadataBytes)]);
  details.add(ErrorInfoSchema, {
    reason: error.reason,
    domain: errorDomain,
    metadata: Object.fromEntries(metadata),
  });
  if (error.retryAfterMs !== undefined) {
    details.add(RetryInfoSchema, { retryDelay: durationFromMs(error.retryAfterMs) });
  }
  if (error.failure !== undefined) {
    const reserved = error.violations.length > 0 ? violationBytes : 0;
    details.add(PredictFailureSchema, failureMessage(error.failure, details.left - reserved));
  }
  if (error.violations.length > 0) {
    details.add(BadRequestSchema, { fieldViolations: fittingViolations(error, details.left) });
  }
  return details.list;
}

/** Details, and how many bytes are left for more. */
class Details {
  readonly list: ConnectError["details"] = [];
  left: number;

  constructor(message: string) {
    // Base64 makes four bytes of three.
    const statusBytes = Math.floor((maxTrailerBytes - fixedBytes - escapeGrpcMessage(message).length) / 4) * 3;
    this.left = statusBytes - Buffer.byteLength(message) - 16 - anyBytes;
  }

  add<Desc extends DescMessage>(desc: Desc, init: MessageInitShape<Desc>): void {
    const value = create(desc, init);
    this.list.push({ desc, value });
    this.left -= toBinary(desc, value).length + anyBytes;
  }
}

const stages: Readonly<Record<PredictFailure["stage"], PredictStage>> = {
  resolve: PredictStage.RESOLVE,
  check: PredictStage.CHECK,
  admit: PredictStage.ADMIT,
  call: PredictStage.CALL,
  answer: PredictStage.ANSWER,
};

function failureMessage(failure: PredictFailure, maxBytes: number): MessageInitShape<typeof PredictFailureSchema> {
  const hint = cut(failure.hint ?? "", maxHintBytes);
  return {
    stage: stages[failure.stage],
    upstreamStatus: failure.upstreamStatus ?? 0,
    upstreamBody: cut(failure.upstreamBody ?? "", Math.max(0, maxBytes - Buffer.byteLength(hint) - 32)),
    attempts: failure.attempts ?? 0,
    hint,
  };
}

function fittingViolations({ violations, violationCount }: DetailedError, maxBytes: number): FieldViolation[] {
  const fitting: FieldViolation[] = [];
  // Room for the count of those that are left out.
  let left = maxBytes - 64;
  for (const { field, description } of violations) {
    const violation = { field: cut(field, maxMetadataBytes), description: cut(description, maxDescriptionBytes) };
    left -= toBinary(BadRequest_FieldViolationSchema, create(BadRequest_FieldViolationSchema, violation)).length + 3;
    if (left < 0) break;
    fitting.push(violation);
  }
  const more = (violationCount ?? violations.length) - fitting.length;
  // Reported under the top-level field of the first one: `instances` for `instances[3].iops`.
  const [field = ""] = /^\w{1,32}/.exec(violations[0]?.field ?? "") ?? [];
  if (more > 0) fitting.push({ field, description: more === 1 ? "1 more is wrong" : `${more} more are wrong` });
  return fitting;
}

/** A text cut to a number of bytes, with an ellipsis at its end. */
function cut(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text;
  const bytes = Buffer.from(text);
  let end = Math.max(0, maxBytes - 3);
  // Not within a character.
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
  return end === 0 ? "" : `${bytes.toString("utf8", 0, end)}…`;
}
