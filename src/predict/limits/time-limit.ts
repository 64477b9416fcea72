import { Cancellation } from "../../base/cancellation.ts";
import { formatDuration } from "../../base/duration.ts";
import { QueuedTimer } from "../../base/queued-timer.ts";
import { metadataOf, type RegisteredModel } from "../../registry/model.ts";
import type { Readiness } from "../../registry/readiness.ts";
import { RegistryError } from "../../registry/registry-error.ts";

/** Why a caller no longer waits. */
export type CallerReason = "CALLER_LEFT" | "DEADLINE_EXCEEDED";

/**
 * The time limit of a call to a model: the caller's deadline, but never above a limit. Cancels with the RegistryError
 * that the caller gets.
 */
export class TimeLimit {
  readonly cancellation = new Cancellation<Error>();
  /** When it cancels at the latest, as `performance.now()` counts. */
  readonly deadlineMs: number;
  readonly #ofCaller: NodeJS.Timeout | undefined;
  readonly #ofModel: QueuedTimer | undefined;
  readonly #stopWaiting: () => void;

  /**
   * @param callerDeadlineMs how long the caller waits, as `performance.now()` counts; undefined when it does not say
   * @param limitMs how long the call may take at most: what an entry says, or all of them
   * @param nowMs by the clock of `performance`
   */
  constructor(
    caller: Cancellation<CallerReason>,
    callerDeadlineMs: number | undefined,
    model: RegisteredModel,
    limitMs: number,
    nowMs = performance.now(),
  ) {
    if (callerDeadlineMs !== undefined && callerDeadlineMs - nowMs <= limitMs) {
      const leftMs = Math.max(0, callerDeadlineMs - nowMs);
      this.deadlineMs = nowMs + leftMs;
      // Whole milliseconds, because Node keeps a list for each duration.
      this.#ofCaller = setTimeout(() => this.cancellation.cancel(deadlineExceeded(model)), Math.ceil(leftMs));
    } else {
      this.deadlineMs = nowMs + limitMs;
      this.#ofModel = new QueuedTimer(() => this.cancellation.cancel(modelTimeout(model, limitMs)), limitMs, nowMs);
    }
    this.#stopWaiting = caller.onCancel((reason) => this.cancellation.cancel(callerGone(reason, model)));
  }

  /** Ends the time limit. To be called when the call is over, whatever its outcome. */
  end(): void {
    if (this.#ofModel === undefined) clearTimeout(this.#ofCaller);
    else this.#ofModel.clear();
    this.#stopWaiting();
  }
}

/** A function that throws a RegistryError once the caller no longer waits for a model. */
export function waitsFor(caller: Cancellation<CallerReason>, model: RegisteredModel): () => void {
  return () => {
    if (caller.reason !== undefined) throw callerGone(caller.reason, model);
  };
}

function callerGone(reason: CallerReason, model: RegisteredModel): RegistryError {
  if (reason === "DEADLINE_EXCEEDED") return deadlineExceeded(model);
  return new RegistryError("CALLER_LEFT", `The caller left before ${model.name} answered`, {
    metadata: metadataOf(model),
    failure: { stage: "call" },
  });
}

function deadlineExceeded(model: RegisteredModel): RegistryError {
  return new RegistryError("DEADLINE_EXCEEDED", `The deadline passed before ${model.name} answered`, {
    metadata: metadataOf(model),
    failure: { stage: "call", hint: "Set a later deadline, or send fewer instances at a time." },
  });
}

/** The error of a call whose time ended while it waited for its model to become ready. */
export function lateForReadiness(
  error: unknown,
  model: RegisteredModel,
  { state, reason }: Readiness,
  hadDeadline: boolean,
): unknown {
  if (!(error instanceof RegistryError) || error.reason !== "DEADLINE_EXCEEDED") return error;
  const why = reason === "" ? state : reason;
  return new RegistryError(
    hadDeadline ? "DEADLINE_EXCEEDED" : "MODEL_TIMEOUT",
    `${hadDeadline ? "The deadline" : "The time limit"} passed before ${model.name} became ready: ${why}`,
    {
      metadata: metadataOf(model),
      failure: {
        stage: "admit",
        hint: hadDeadline ? "Set a later deadline, or check the InferenceService." : "Set a deadline to wait longer.",
      },
    },
  );
}

function modelTimeout(model: RegisteredModel, limitMs: number): RegistryError {
  return new RegistryError("MODEL_TIMEOUT", `Model ${model.name} did not answer within ${formatDuration(limitMs)}`, {
    metadata: metadataOf(model),
    failure: { stage: "call", hint: "Send fewer instances at a time, or raise the entry's timeout (KSERVE_TIMEOUT)." },
  });
}
