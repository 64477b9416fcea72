import { Code, ConnectError } from "@connectrpc/connect";
import { withoutStack } from "../base/without-stack.ts";
import { CatalogError } from "../catalog/catalog-error.ts";
import { type ErrorReason, RegistryError } from "../registry/registry-error.ts";
import { VersionsError } from "../versions/versions-error.ts";
import { CatalogFailure, type CatalogFailureReason } from "./catalog/catalog-failure.ts";
import { type DetailedError, detailsOf, fitMessage } from "./error-details.ts";
import { VersionsFailure, type VersionsFailureReason } from "./versions/versions-failure.ts";

/** Why a call failed: a reason of the front door, of the registry of versions, or of the catalog. */
export type CallReason = ErrorReason | VersionsFailureReason | CatalogFailureReason;

/** An error with a reason, and all that its caller is sent. Each part of the service has its own class. */
export interface CallError extends Error, DetailedError {
  readonly reason: CallReason;
}

/** The one place where a reason becomes a Connect code and an HTTP status of the REST surfaces. */
const outcomes: Readonly<Record<CallReason, { code: Code; httpStatus: number }>> = {
  INVALID_REQUEST: { code: Code.InvalidArgument, httpStatus: 400 },
  INVALID_INSTANCE: { code: Code.InvalidArgument, httpStatus: 400 },
  INVALID_PAGE_TOKEN: { code: Code.InvalidArgument, httpStatus: 400 },
  MODEL_NOT_FOUND: { code: Code.NotFound, httpStatus: 404 },
  INTEGRATION_DISABLED: { code: Code.FailedPrecondition, httpStatus: 400 },
  MODEL_NOT_READY: { code: Code.Unavailable, httpStatus: 503 },
  MODEL_UNREACHABLE: { code: Code.Unavailable, httpStatus: 503 },
  MODELS_NOT_LOADED: { code: Code.Unavailable, httpStatus: 503 },
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
  // Not 429: the server as a whole is overloaded, whatever this caller does.
  SERVER_OVERLOADED: { code: Code.ResourceExhausted, httpStatus: 503 },
  FEATURES_NOT_DECLARED: { code: Code.FailedPrecondition, httpStatus: 404 },
  UNAUTHENTICATED: { code: Code.Unauthenticated, httpStatus: 401 },
  PERMISSION_DENIED: { code: Code.PermissionDenied, httpStatus: 403 },
  ACCESS_CHECK_FAILED: { code: Code.Unavailable, httpStatus: 503 },
  // Not DEADLINE_EXCEEDED, which Connect sends as 504: no server was too slow.
  REQUEST_TOO_SLOW: { code: Code.InvalidArgument, httpStatus: 408 },
  RECORD_NOT_FOUND: { code: Code.NotFound, httpStatus: 404 },
  VERSION_NOT_FOUND: { code: Code.NotFound, httpStatus: 404 },
  ALIAS_NOT_FOUND: { code: Code.NotFound, httpStatus: 404 },
  ALREADY_REGISTERED: { code: Code.AlreadyExists, httpStatus: 409 },
  ALIAS_MOVED: { code: Code.Aborted, httpStatus: 409 },
  RECORD_CHANGED: { code: Code.Aborted, httpStatus: 412 },
  STILL_REFERENCED: { code: Code.FailedPrecondition, httpStatus: 409 },
  INVALID_FILTER: { code: Code.InvalidArgument, httpStatus: 400 },
  NO_MODEL_ARTIFACT: { code: Code.FailedPrecondition, httpStatus: 409 },
  DATABASE_UNAVAILABLE: { code: Code.Unavailable, httpStatus: 503 },
  DATABASE_TIMEOUT: { code: Code.DeadlineExceeded, httpStatus: 504 },
  DATABASE_FULL: { code: Code.ResourceExhausted, httpStatus: 507 },
  APPLY_DISABLED: { code: Code.FailedPrecondition, httpStatus: 409 },
  DEPLOYMENT_REFUSED: { code: Code.FailedPrecondition, httpStatus: 409 },
  DEPLOYMENT_CONFLICT: { code: Code.Aborted, httpStatus: 409 },
  CLUSTER_UNAVAILABLE: { code: Code.Unavailable, httpStatus: 503 },
  SOURCE_NOT_FOUND: { code: Code.NotFound, httpStatus: 404 },
  CATALOG_MODEL_NOT_FOUND: { code: Code.NotFound, httpStatus: 404 },
  MCP_SERVER_NOT_FOUND: { code: Code.NotFound, httpStatus: 404 },
  MCP_TOOL_NOT_FOUND: { code: Code.NotFound, httpStatus: 404 },
  INVALID_SOURCE: { code: Code.InvalidArgument, httpStatus: 422 },
  CATALOG_NOT_LOADED: { code: Code.Unavailable, httpStatus: 503 },
  NO_VERSION_REGISTRY: { code: Code.FailedPrecondition, httpStatus: 409 },
};

/** The Connect code of a reason. */
export function codeOf(reason: CallReason): Code {
  return outcomes[reason].code;
}

/** The HTTP status of a reason on the REST surfaces. */
export function httpStatusOf(reason: CallReason): number {
  return outcomes[reason].httpStatus;
}

/**
 * Any error as one with a reason. An unexpected error is an internal fault: its message may contain anything, so the
 * caller gets a neutral one.
 */
export function toCallError(error: unknown): CallError {
  if (error instanceof RegistryError || error instanceof VersionsFailure || error instanceof CatalogFailure)
    return error;
  if (error instanceof VersionsError) return VersionsFailure.from(error);
  if (error instanceof CatalogError) return CatalogFailure.from(error);
  return new RegistryError("INTERNAL", "Internal error; the log of the server has more under the request id", {
    cause: error,
  });
}

/** An error as Connect sends it: the code of its reason, and its details. The cause stays here. */
export function toConnectError(error: CallError): ConnectError {
  const message = fitMessage(error.message);
  const connectError = withoutStack(() => new ConnectError(message, codeOf(error.reason)));
  connectError.details = detailsOf(error, message);
  return connectError;
}
