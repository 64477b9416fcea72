import { formatDuration } from "../registry/duration.ts";
import { metadataOf, type RegisteredModel } from "../registry/model.ts";
import { RegistryError } from "../registry/registry-error.ts";
import type { PredictCall } from "./pipeline.ts";

/**
 * The time a call to a model has: the caller's deadline, never above the model's own limit or that of the service. Its
 * signal aborts with the RegistryError that the caller gets.
 */
export class TimeLimit {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #call: PredictCall;
  readonly #onCallerAbort: () => void;

  constructor(call: PredictCall, model: RegisteredModel, defaultTimeoutMs: number) {
    const modelLimitMs = model.timeoutMs ?? defaultTimeoutMs;
    const callerFirst = call.timeoutMs !== undefined && call.timeoutMs <= modelLimitMs;
    this.#call = call;
    this.#timer = setTimeout(
      () => this.#controller.abort(callerFirst ? deadlineExceeded(model) : modelTimeout(model, modelLimitMs)),
      callerFirst ? Math.max(0, call.timeoutMs!) : modelLimitMs,
    );
    this.#onCallerAbort = () => this.#controller.abort(aborted(call, model));
    if (call.signal.aborted) this.#onCallerAbort();
    else call.signal.addEventListener("abort", this.#onCallerAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Stops watching. To be called when the call is over, whatever came of it. */
  end(): void {
    clearTimeout(this.#timer);
    this.#call.signal.removeEventListener("abort", this.#onCallerAbort);
  }
}

function aborted(call: PredictCall, model: RegisteredModel): RegistryError {
  switch (call.abortReason()) {
    case "DEADLINE_EXCEEDED":
      return deadlineExceeded(model);
    case "SHUTTING_DOWN":
      return new RegistryError("SHUTTING_DOWN", "The server is stopping", {
        metadata: metadataOf(model),
        retryAfterMs: 1000,
      });
    case "CALLER_LEFT":
      return new RegistryError("CALLER_LEFT", `The caller left before ${model.name} answered`, {
        metadata: metadataOf(model),
        failure: { stage: "call" },
      });
  }
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
