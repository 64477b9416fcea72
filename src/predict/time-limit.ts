import { Cancellation } from "../registry/cancellation.ts";
import { formatDuration } from "../registry/duration.ts";
import { metadataOf, type RegisteredModel } from "../registry/model.ts";
import { RegistryError } from "../registry/registry-error.ts";
import type { CallerReason, PredictCall } from "./pipeline.ts";

/**
 * The time a call to a model has: the caller's deadline, never above the model's own limit or that of the service. It
 * cancels with the RegistryError that the caller gets.
 */
export class TimeLimit {
  readonly cancellation = new Cancellation<Error>();
  readonly #timer: NodeJS.Timeout;
  readonly #stopWaiting: () => void;

  constructor(call: Pick<PredictCall, "caller" | "timeoutMs">, model: RegisteredModel, defaultTimeoutMs: number) {
    const modelLimitMs = model.timeoutMs ?? defaultTimeoutMs;
    const callerFirst = call.timeoutMs !== undefined && call.timeoutMs <= modelLimitMs;
    this.#timer = setTimeout(
      () => this.cancellation.cancel(callerFirst ? deadlineExceeded(model) : modelTimeout(model, modelLimitMs)),
      callerFirst ? Math.max(0, call.timeoutMs!) : modelLimitMs,
    );
    this.#stopWaiting = call.caller.onCancel((reason) => this.cancellation.cancel(callerGone(reason, model)));
  }

  /** Stops watching. To be called when the call is over, whatever came of it. */
  end(): void {
    clearTimeout(this.#timer);
    this.#stopWaiting();
  }
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

function modelTimeout(model: RegisteredModel, limitMs: number): RegistryError {
  return new RegistryError("MODEL_TIMEOUT", `Model ${model.name} did not answer within ${formatDuration(limitMs)}`, {
    metadata: metadataOf(model),
    failure: { stage: "call", hint: "Send fewer instances at a time, or raise the entry's timeout (KSERVE_TIMEOUT)." },
  });
}
