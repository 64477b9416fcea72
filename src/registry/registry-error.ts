/** Why a call failed: the values of `ErrorReason` in the contract, without their prefix. */
export const errorReasons = [
  "INVALID_REQUEST",
  "INVALID_INSTANCE",
  "INVALID_PAGE_TOKEN",
  "MODEL_NOT_FOUND",
  "INTEGRATION_DISABLED",
  "MODEL_NOT_READY",
  "MODEL_UNREACHABLE",
  "SHUTTING_DOWN",
  "REQUEST_TOO_LARGE",
  "TOO_MANY_IN_FLIGHT",
  "MODEL_OVERLOADED",
  "DEADLINE_EXCEEDED",
  "MODEL_TIMEOUT",
  "CALLER_LEFT",
  "MODEL_PATH_NOT_FOUND",
  "MODEL_REJECTED_INPUT",
  "MODEL_REJECTED_CREDENTIALS",
  "MODEL_FAILED",
  "MODEL_BAD_ANSWER",
  "PREDICTIONS_NOT_A_TENSOR",
  "INTERNAL",
  "FEATURES_NOT_DECLARED",
  "BREAKER_OPEN",
  "SERVER_OVERLOADED",
  "UNAUTHENTICATED",
  "PERMISSION_DENIED",
  "ACCESS_CHECK_FAILED",
  "MODEL_CREDENTIALS_UNREADABLE",
  "REQUEST_TOO_SLOW",
  "MODELS_NOT_LOADED",
] as const;

export type ErrorReason = (typeof errorReasons)[number];

/** Whether a text is a reason of the front door. */
export function isErrorReason(text: string | undefined): text is ErrorReason {
  return (errorReasons as readonly (string | undefined)[]).includes(text);
}

/** One wrong field of a request: its path (`instances[3].iops`), and what is wrong and allowed. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

/** How far a prediction came, and what the model server said. */
export interface PredictFailure {
  readonly stage: "resolve" | "check" | "admit" | "call" | "answer";
  /** HTTP status of the model server; 0 when it did not answer. */
  readonly upstreamStatus?: number;
  /** What the model server said, at most 1 KiB. */
  readonly upstreamBody?: string;
  readonly attempts?: number;
  /** What to do about it. */
  readonly hint?: string;
}

export interface RegistryErrorOptions {
  /** The model and namespace that are concerned. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly violations?: readonly FieldViolation[];
  /** How many fields are wrong, where not all of them are named. Default: as many as there are violations. */
  readonly violationCount?: number;
  /** When the call may be tried again, in milliseconds from now. */
  readonly retryAfterMs?: number;
  readonly failure?: PredictFailure;
  /** Whether no model server can have begun to work on it, so that it may be sent again. Default: false. */
  readonly unprocessed?: boolean;
  /** What happened underneath. Logged, never sent. */
  readonly cause?: unknown;
}

/**
 * The one error of this service. Its reason decides the Connect code and the HTTP status, in `api/error.ts` alone; its
 * message is for the caller and names no upstream address.
 */
export class RegistryError extends Error {
  readonly reason: ErrorReason;
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly FieldViolation[];
  readonly violationCount: number;
  readonly retryAfterMs: number | undefined;
  readonly failure: PredictFailure | undefined;
  readonly unprocessed: boolean;

  constructor(reason: ErrorReason, message: string, options: RegistryErrorOptions = {}) {
    // To note its stack, which nobody reads, would take longer than all else about a refused call.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.name = "RegistryError";
    this.reason = reason;
    this.metadata = options.metadata ?? {};
    this.violations = options.violations ?? [];
    this.violationCount = options.violationCount ?? this.violations.length;
    this.retryAfterMs = options.retryAfterMs;
    this.failure = options.failure;
    this.unprocessed = options.unprocessed ?? false;
  }
}

/** An INVALID_REQUEST that names one field. */
export function invalidField(field: string, description: string): RegistryError {
  return new RegistryError("INVALID_REQUEST", `${field}: ${description}`, { violations: [{ field, description }] });
}

/** A text of a request that has to be there. @throws RegistryError INVALID_REQUEST */
export function required(value: string, field: string): string {
  if (value === "") throw invalidField(field, "missing");
  return value;
}
