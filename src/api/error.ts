import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { PredictFailureSchema, PredictStage } from "../../gen/kserve/registry/v1/error_reason_pb.ts";
import { type ErrorReason, type PredictFailure, RegistryError } from "../registry/registry-error.ts";

/** The domain of every ErrorInfo. */
export const errorDomain = "kserve-model-registry";

/** The one place where a reason becomes a Connect code and an HTTP status of the REST surfaces. */
const outcomes: Readonly<Record<ErrorReason, { code: Code; httpStatus: number }>> = {
  INVALID_REQUEST: { code: Code.InvalidArgument, httpStatus: 400 },
  INVALID_INSTANCE: { code: Code.InvalidArgument, httpStatus: 400 },
  INVALID_PAGE_TOKEN: { code: Code.InvalidArgument, httpStatus: 400 },
  MODEL_NOT_FOUND: { code: Code.NotFound, httpStatus: 404 },
  INTEGRATION_DISABLED: { code: Code.FailedPrecondition, httpStatus: 400 },
  MODEL_NOT_READY: { code: Code.Unavailable, httpStatus: 503 },
  MODEL_UNREACHABLE: { code: Code.Unavailable, httpStatus: 503 },
  SHUTTING_DOWN: { code: Code.Unavailable, httpStatus: 503 },
  REQUEST_TOO_LARGE: { code: Code.ResourceExhausted, httpStatus: 413 },
  TOO_MANY_IN_FLIGHT: { code: Code.ResourceExhausted, httpStatus: 429 },
  MODEL_OVERLOADED: { code: Code.ResourceExhausted, httpStatus: 429 },
  DEADLINE_EXCEEDED: { code: Code.DeadlineExceeded, httpStatus: 504 },
  MODEL_TIMEOUT: { code: Code.DeadlineExceeded, httpStatus: 504 },
  CALLER_LEFT: { code: Code.Canceled, httpStatus: 499 },
  MODEL_PATH_NOT_FOUND: { code: Code.FailedPrecondition, httpStatus: 502 },
  MODEL_REJECTED_INPUT: { code: Code.InvalidArgument, httpStatus: 400 },
  MODEL_REJECTED_CREDENTIALS: { code: Code.Internal, httpStatus: 502 },
  MODEL_CREDENTIALS_UNREADABLE: { code: Code.FailedPrecondition, httpStatus: 502 },
  MODEL_FAILED: { code: Code.Internal, httpStatus: 502 },
  MODEL_BAD_ANSWER: { code: Code.Internal, httpStatus: 502 },
  PREDICTIONS_NOT_A_TENSOR: { code: Code.FailedPrecondition, httpStatus: 400 },
  INTERNAL: { code: Code.Internal, httpStatus: 500 },
  BREAKER_OPEN: { code: Code.Unavailable, httpStatus: 503 },
  // Not 429: it is the state of this server, and nothing that this caller has done too often.
  SERVER_OVERLOADED: { code: Code.ResourceExhausted, httpStatus: 503 },
  FEATURES_NOT_DECLARED: { code: Code.FailedPrecondition, httpStatus: 404 },
  UNAUTHENTICATED: { code: Code.Unauthenticated, httpStatus: 401 },
  PERMISSION_DENIED: { code: Code.PermissionDenied, httpStatus: 403 },
  ACCESS_CHECK_FAILED: { code: Code.Unavailable, httpStatus: 503 },
  // Not DEADLINE_EXCEEDED, which Connect sends as 504: no server was too slow.
  REQUEST_TOO_SLOW: { code: Code.InvalidArgument, httpStatus: 408 },
};

/** The Connect code of a reason. */
export function codeOf(reason: ErrorReason): Code {
  return outcomes[reason].code;
}

/** The HTTP status of a reason on the REST surfaces. */
export function httpStatusOf(reason: ErrorReason): number {
  return outcomes[reason].httpStatus;
}

/**
 * Any error as a RegistryError. What is not one of ours is a fault of this service: its message may hold anything, so
 * the caller gets a neutral one.
 */
export function toRegistryError(error: unknown): RegistryError {
  if (error instanceof RegistryError) return error;
  return new RegistryError("INTERNAL", "Internal error; the log of the server tells more under the request id", {
    cause: error,
  });
}

/** An error as Connect sends it: the code of its reason, and its details. The cause stays here. */
export function toConnectError(error: RegistryError): ConnectError {
  const details = [
    detail(ErrorInfoSchema, { reason: error.reason, domain: errorDomain, metadata: { ...error.metadata } }),
  ];
  if (error.violations.length > 0) {
    details.push(detail(BadRequestSchema, { fieldViolations: error.violations.map((v) => ({ ...v })) }));
  }
  if (error.retryAfterMs !== undefined) {
    details.push(detail(RetryInfoSchema, { retryDelay: durationFromMs(error.retryAfterMs) }));
  }
  if (error.failure !== undefined) details.push(detail(PredictFailureSchema, failureMessage(error.failure)));
  const connectError = new ConnectError(error.message, codeOf(error.reason));
  connectError.details = details;
  return connectError;
}

function detail<Desc extends DescMessage>(desc: Desc, value: MessageInitShape<Desc>): ConnectError["details"][number] {
  return { desc, value: create(desc, value) };
}

const stages: Readonly<Record<PredictFailure["stage"], PredictStage>> = {
  resolve: PredictStage.RESOLVE,
  check: PredictStage.CHECK,
  admit: PredictStage.ADMIT,
  call: PredictStage.CALL,
  answer: PredictStage.ANSWER,
};

function failureMessage(failure: PredictFailure): MessageInitShape<typeof PredictFailureSchema> {
  return {
    stage: stages[failure.stage],
    upstreamStatus: failure.upstreamStatus ?? 0,
    upstreamBody: failure.upstreamBody ?? "",
    attempts: failure.attempts ?? 0,
    hint: failure.hint ?? "",
  };
}
