import type { Cancellation } from "../base/cancellation.ts";
import type { AssertWanted } from "../base/in-slices.ts";
import { urgently } from "../base/urgent-work.ts";
import type { Access } from "../registry/access.ts";
import { badAnswer } from "../registry/bad-answer.ts";
import type { BytesHolder } from "../registry/bytes-holder.ts";
import type { InferenceBytes, ModelMetadata } from "../registry/inference.ts";
import type { MemoryBudget } from "../registry/memory-budget.ts";
import { metadataOf, type RegisteredModel } from "../registry/model.ts";
import type { ModelKey, ModelRef } from "../registry/model-key.ts";
import type { InferenceAnswer, Predictor, UpstreamAnswer, UpstreamTerms } from "../registry/ports.ts";
import type { Readiness } from "../registry/readiness.ts";
import { goneModel, type Registry } from "../registry/registry.ts";
import { type ErrorReason, RegistryError } from "../registry/registry-error.ts";
import { BadAnswer, knownAnswer, type ScannedAnswer, scanAnswerInSlices } from "./answer-body.ts";
import { checkRequestInSlices } from "./check-request.ts";
import type { CheckedRequest, RequestLimits } from "./checked-request.ts";
import { Bulkhead, type BulkheadOptions, type ModelLoad, noLoad } from "./limits/bulkhead.ts";
import { type CallerReason, lateForReadiness, TimeLimit, waitsFor } from "./limits/time-limit.ts";
import { maxAnswerValues, maxTextValues, maxVerdicts, ofVerdicts } from "./limits/value-limits.ts";
import { predictionCheckOf } from "./output-format.ts";
import { resolveModel } from "./resolve-model.ts";
import { featureSetOf } from "./rows/feature-set.ts";
import type { NumberRanges } from "./rows/number-ranges.ts";

/** How a model is called, independent of what is sent. */
export interface CallTerms {
  /** Headers for the model, in lower case; chosen by allow-list. */
  readonly headers: Readonly<Record<string, string>>;
  /** The caller's `authorization`, which goes only to models whose entry asks for it. */
  readonly authorization?: string | undefined;
  /** Is cancelled when the caller has left, or when its deadline has passed. */
  readonly caller: Cancellation<CallerReason>;
  /** How long the caller waits, as `performance.now()` counts; undefined when it does not say. */
  readonly deadlineMs?: number | undefined;
  /** Waits while the model is not ready or cannot be reached, instead of failing. Default: false. */
  readonly waitForReady?: boolean;
  /** The call that holds the bytes of request and answer. Undefined: they are not counted. */
  readonly holder?: BytesHolder | undefined;
  /** Is filled in as the prediction goes on. */
  readonly notes?: PredictNotes;
}

/** A prediction in the form that all protocols are translated into. */
export interface PredictCall extends CallTerms {
  /**
   * Creates the KServe v1 request, or one whose syntax is known to be valid together with the count of its instances; a
   * promise where that takes longer than a turn of the event loop. Throws RegistryError on invalid input.
   */
  readonly body: () => Uint8Array | CheckedRequest | Promise<CheckedRequest>;
  /** The most instances, where each becomes an object. Default: limited only by size. */
  readonly maxInstances?: number | undefined;
}

/** An inference request of the Open Inference Protocol, for a model that speaks it too. */
export interface InferCall extends CallTerms {
  readonly request: InferenceBytes;
}

/** Where the time of a prediction went. */
export interface PredictionTimes {
  /** How long it waited for a slot, or for its model to become ready, in milliseconds; left out where it did not. */
  queuedMs?: number;
  /** How long the model server took, including the network, in milliseconds; left out where it was not called. */
  upstreamMs?: number;
  /** Of its trace, where it is recorded. */
  traceId?: string;
}

/** Facts about a prediction, also about one that fails. */
export interface PredictNotes extends PredictionTimes {
  /** Whether it has begun, so that it will be observed when it ends. */
  begun?: true;
  /** How many times the model server was called. */
  attempts?: number;
}

/** A prediction that was made. */
export interface Prediction {
  readonly model: RegisteredModel;
  readonly answer: ScannedAnswer;
  /** How many times the model server was called. */
  readonly attempts: number;
  /** How many values the answer may have to be decoded into objects. Default: any number. */
  readonly maxValues?: number;
}

/** What would be sent. */
export interface PlannedCall {
  readonly model: RegisteredModel;
  readonly method: "POST";
  readonly url: string;
  readonly protocol: string;
  readonly body: Uint8Array;
}

/** Is called with every prediction of a registered model when it ends. */
export type PredictObserver = (
  model: RegisteredModel,
  seconds: number,
  reason: ErrorReason | undefined,
  times: PredictionTimes,
) => void;

export interface PipelineOptions {
  readonly registry: Registry;
  readonly predictor: Predictor;
  /** False refuses every prediction with INTEGRATION_DISABLED. */
  readonly integrationEnabled: boolean;
  /** The longest a prediction may take, where the entry does not say. */
  readonly timeoutMs: number;
  /** The limits that each model has of its own. */
  readonly bulkhead: Omit<BulkheadOptions, "onBreakerChange">;
  readonly memory: MemoryBudget;
  readonly maxJsonDepth: number;
  /** How many values a message may be decoded into. Default: 50,000. */
  readonly maxMessageValues?: number;
  readonly observe: PredictObserver;
}

const defaultMaxMessageValues = 50_000;

/** The longest a caller may wait for a model to become ready, whatever deadline it names. */
const longestWaitMs = 600_000;

/** The path that every prediction takes, in every protocol: resolve, check, admit, call, check the answer. */
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #bulkheadOptions: BulkheadOptions;
  readonly #bulkheads = new Map<ModelKey, Bulkhead>();
  readonly #breakerListeners = new Set<(key: ModelKey) => void>();

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#bulkheadOptions = {
      ...options.bulkhead,
      onBreakerChange: (key) => {
        for (const listener of [...this.#breakerListeners]) listener(key);
      },
    };
    // Calls under way keep the bulkhead of a removed model, and release their slots as usual.
    options.registry.subscribe((changes) => {
      for (const change of changes) {
        const model = goneModel(change);
        if (model === undefined) continue;
        this.#bulkheads.get(model.key)?.dispose(removed(model));
        this.#bulkheads.delete(model.key);
      }
    });
  }

  /** How many instances may be evaluated at once. */
  get maxVerdicts(): number {
    return maxVerdicts(this.#maxMessageValues);
  }

  /** How many values the JSON of a request or an answer may have besides rows of numbers. */
  get maxTextValues(): number {
    return maxTextValues(this.#maxMessageValues);
  }

  get #maxMessageValues(): number {
    return this.#options.maxMessageValues ?? defaultMaxMessageValues;
  }

  get maxJsonDepth(): number {
    return this.#options.maxJsonDepth;
  }

  /**
   * The ranges that a model's rows must lie within, where it declares only numbers: for callers that read rows before
   * the model is resolved.
   */
  rangesOf(ref: ModelRef): NumberRanges | undefined {
    const model = this.#options.registry.find(ref);
    return model === undefined ? undefined : featureSetOf(model)?.ranges;
  }

  /** The load of a model. */
  load(key: ModelKey): ModelLoad {
    return this.#bulkheads.get(key)?.load ?? noLoad;
  }

  /** The models that are not idle: something is under way or waits, or their breaker is not closed. */
  *activeLoads(): Iterable<readonly [ModelKey, ModelLoad]> {
    for (const [key, { load }] of this.#bulkheads) {
      if (load.inFlight + load.queued + load.waiting > 0 || load.breaker.state !== "closed") yield [key, load];
    }
  }

  /** Calls back with the key of a model whenever its breaker changes its state. Returns a function that ends it. */
  onBreakerChange(listener: (key: ModelKey) => void): () => void {
    this.#breakerListeners.add(listener);
    return () => this.#breakerListeners.delete(listener);
  }

  /** Ends background work. Predictions under way continue; those that wait for a model to become ready fail. */
  stop(): void {
    const error = new RegistryError("SHUTTING_DOWN", "The server is stopping; try again", { retryAfterMs: 1000 });
    for (const bulkhead of this.#bulkheads.values()) bulkhead.dispose(error);
  }

  /**
   * The model that a caller names. To be called once for each call, before its body is read.
   *
   * @throws RegistryError INTEGRATION_DISABLED, INVALID_REQUEST, MODEL_NOT_FOUND, PERMISSION_DENIED,
   * ACCESS_CHECK_FAILED
   */
  resolve(ref: ModelRef, access: Access): RegisteredModel | Promise<RegisteredModel> {
    return resolveModel(this.#options, ref, access);
  }

  /** Predicts with a model that has been resolved. @throws RegistryError */
  predict(model: RegisteredModel, call: PredictCall): Promise<Prediction> {
    return this.#observed(model, call, (noted) => this.#predict(model, noted));
  }

  /**
   * Passes an inference request of the Open Inference Protocol on to a resolved model that speaks it (protocol `v2` or
   * `grpc-v2`), with the admission, limits and deadline of a prediction. Its rows and predictions are not checked.
   *
   * @throws RegistryError
   */
  infer(model: RegisteredModel, call: InferCall): Promise<InferenceAnswer> {
    const { predictor, memory } = this.#options;
    const { request, holder } = call;
    return this.#observed(model, call, (noted) => {
      const bytes = request.form === "rest" ? request.body : request.message;
      if (holder !== undefined) memory.takeAtLeast(holder, bytes.byteLength);
      return this.#send(model, noted, (terms) => predictor.infer({ ...terms, request }));
    });
  }

  /**
   * The inputs and outputs of a resolved model, as its server describes them; undefined where it cannot (protocol `v1`).
   *
   * @throws RegistryError
   */
  async askMetadata(
    model: RegisteredModel,
    call: Pick<CallTerms, "caller" | "deadlineMs">,
  ): Promise<ModelMetadata | undefined> {
    const limit = new TimeLimit(call.caller, call.deadlineMs, model, model.timeoutMs ?? this.#options.timeoutMs);
    try {
      return await this.#options.predictor.askMetadata(model, limit.cancellation);
    } finally {
      limit.end();
    }
  }

  /** Observes a call from its beginning to its end, whatever its outcome. */
  async #observed<Terms extends CallTerms, T>(
    model: RegisteredModel,
    terms: Terms,
    call: (noted: Noted<Terms>) => T | Promise<T>,
  ): Promise<T> {
    const startedMs = performance.now();
    const notes: PredictNotes = terms.notes ?? {};
    notes.begun = true;
    try {
      const result = await call(terms.notes === undefined ? { ...terms, notes } : (terms as Noted<Terms>));
      this.#options.observe(model, (performance.now() - startedMs) / 1000, undefined, notes);
      return result;
    } catch (error) {
      const reason = error instanceof RegistryError ? error.reason : "INTERNAL";
      this.#options.observe(model, (performance.now() - startedMs) / 1000, reason, notes);
      throw error;
    }
  }

  /**
   * Does everything but call the model.
   *
   * @throws RegistryError
   */
  async plan(model: RegisteredModel, call: Pick<PredictCall, "body">): Promise<PlannedCall> {
    const { predictor } = this.#options;
    const { body } = await this.#check(call, model);
    const url = model.address.url + predictor.predictPath(model);
    return { model, method: "POST", url, protocol: predictor.protocolOf(model), body };
  }

  async #predict(model: RegisteredModel, call: Noted<PredictCall>): Promise<Prediction> {
    const { memory, predictor, maxJsonDepth } = this.#options;
    const checked = this.#check(call, model);
    const { body, instanceCount, rowsInBody } = checked instanceof Promise ? await checked : checked;
    if (call.holder !== undefined) memory.takeAtLeast(call.holder, body.byteLength);
    const answer = await this.#send(model, call, (terms) => predictor.predict({ ...terms, body, rows: rowsInBody }));
    const limits = { maxJsonDepth, maxTextValues: this.maxTextValues };
    const scanned = scan(model, answer, instanceCount, limits, waitsFor(call.caller, model));
    return {
      model,
      answer: scanned instanceof Promise ? await scanned : scanned,
      attempts: answer.attempts,
      maxValues: maxAnswerValues(this.#maxMessageValues),
    };
  }

  /** Sends a checked call, once it is admitted. */
  #send<T extends Answered>(model: RegisteredModel, call: Noted<CallTerms>, send: Send<T>): Promise<T> {
    const bulkhead = this.#bulkheadOf(model);
    if (call.waitForReady === true) return this.#sendOnceReady(call, model, send, bulkhead);
    return this.#sendNow(call, model, send, bulkhead, false);
  }

  async #sendNow<T extends Answered>(
    call: Noted<CallTerms>,
    model: RegisteredModel,
    send: Send<T>,
    bulkhead: Bulkhead,
    unbounded: boolean,
  ): Promise<T> {
    bulkhead.assertOpenFor(model);
    const { notes } = call;
    const startedMs = performance.now();
    const limitMs = model.timeoutMs ?? this.#options.timeoutMs;
    const limit = new TimeLimit(call.caller, call.deadlineMs, model, limitMs, startedMs);
    let entered = bulkhead.slots.tryEnter();
    let sentMs = entered ? startedMs : undefined;
    try {
      if (!entered) {
        await noteWait(notes, () => bulkhead.slots.enterInTurn(model, limit.cancellation, unbounded));
        entered = true;
        bulkhead.assertOpenFor(model);
        sentMs = performance.now();
      }
      const headers =
        model.forwardAuthorization && call.authorization !== undefined
          ? { ...call.headers, authorization: call.authorization }
          : call.headers;
      const { cancellation, deadlineMs } = limit;
      const terms = { model, headers, cancellation, deadlineMs, holder: call.holder };
      const answer = await urgently(() => send(terms));
      bulkhead.answered();
      notes.attempts = answer.attempts;
      return answer;
    } catch (error) {
      if (error instanceof RegistryError) {
        if (error.reason === "MODEL_UNREACHABLE") bulkhead.failed(model);
        else if (error.failure?.upstreamStatus) bulkhead.answered();
      }
      throw error;
    } finally {
      if (sentMs !== undefined) notes.upstreamMs = (notes.upstreamMs ?? 0) + performance.now() - sentMs;
      limit.end();
      if (entered) bulkhead.slots.leave();
    }
  }

  /**
   * Implements `wait_for_ready` as gRPC defines it: waits while the model is not ready, until the deadline, or the time
   * limit of a prediction where there is no deadline. A request that a model may have begun to work on is not sent
   * again.
   */
  async #sendOnceReady<T extends Answered>(
    call: Noted<CallTerms>,
    model: RegisteredModel,
    send: Send<T>,
    bulkhead: Bulkhead,
  ): Promise<T> {
    const limitMs = model.timeoutMs ?? this.#options.timeoutMs;
    const startedMs = performance.now();
    const waitsUntilMs = Math.min(call.deadlineMs ?? startedMs + limitMs, startedMs + longestWaitMs);
    let waited = false;
    for (let attempt = 1; ; attempt++) {
      if (attempt > 1 || !this.#looksReady(model, bulkhead)) {
        waited = true;
        const limit = new TimeLimit(call.caller, waitsUntilMs, model, Number.POSITIVE_INFINITY);
        try {
          await noteWait(call.notes, () => bulkhead.readinessQueue.wait(model, limit.cancellation, attempt > 1));
        } catch (error) {
          const asleep = this.#options.registry.mayBeAsleep(model);
          const readiness = asleep ? asleepStill : this.#options.registry.readiness(model.key);
          throw lateForReadiness(error, model, readiness, call.deadlineMs !== undefined);
        } finally {
          limit.end();
        }
      }
      try {
        // After waiting for the model, a call must not fail for want of a slot: all waiting calls arrive at once.
        return await this.#sendNow(call, model, send, bulkhead, waited);
      } catch (error) {
        if (!(error instanceof RegistryError) || !error.unprocessed) throw error;
      }
    }
  }

  /** Whether nothing known speaks against calling a model now. */
  #looksReady(model: RegisteredModel, bulkhead: Bulkhead): boolean {
    const { registry } = this.#options;
    if (registry.mayBeAsleep(model) && !bulkhead.isAwake) return false;
    const { state } = registry.readiness(model.key);
    return (state === "ready" || state === "unknown") && bulkhead.isOpenFor(model);
  }

  #bulkheadOf(model: RegisteredModel): Bulkhead {
    const { key } = model;
    let bulkhead = this.#bulkheads.get(key);
    if (bulkhead === undefined) {
      // The model may have been removed while the body arrived: its bulkhead would then never be removed.
      if (this.#options.registry.snapshot.models.get(key) === undefined) throw removed(model);
      bulkhead = new Bulkhead(key, this.#bulkheadOptions);
      this.#bulkheads.set(key, bulkhead);
    }
    return bulkhead;
  }

  #check(
    call: Pick<PredictCall, "body" | "maxInstances"> & Partial<Pick<PredictCall, "caller">>,
    model: RegisteredModel,
  ): CheckedRequest | Promise<CheckedRequest> {
    const { maxInstances = Number.POSITIVE_INFINITY } = call;
    const assertCount = (checked: CheckedRequest): CheckedRequest => {
      if (checked.instanceCount > maxInstances) throw tooManyInstances(checked.instanceCount, maxInstances);
      return checked;
    };
    const refuse = (error: unknown): never => {
      if (!(error instanceof RegistryError) || Object.keys(error.metadata).length > 0) throw error;
      throw new RegistryError(error.reason, error.message, {
        metadata: metadataOf(model),
        violations: error.violations,
        violationCount: error.violationCount,
        failure: { stage: "check" },
      });
    };
    try {
      const { maxJsonDepth, maxTextValues } = this;
      const assertWanted = call.caller && waitsFor(call.caller, model);
      const check = { maxJsonDepth, maxTextValues, notesNumbers: model.protocol !== "v1", assertWanted };
      const features = featureSetOf(model);
      const body = call.body();
      const checked =
        body instanceof Promise
          ? body.then((made) => checkRequestInSlices(made, features, check))
          : checkRequestInSlices(body, features, check);
      return checked instanceof Promise ? checked.then(assertCount).catch(refuse) : assertCount(checked);
    } catch (error) {
      return refuse(error);
    }
  }
}

/** The terms of a call that is observed. */
type Noted<Terms> = Terms & { readonly notes: PredictNotes };

/** Waits, and records how long, whatever the outcome. */
async function noteWait(notes: PredictNotes, wait: () => Promise<void>): Promise<void> {
  const startedMs = performance.now();
  try {
    await wait();
  } finally {
    notes.queuedMs = (notes.queuedMs ?? 0) + performance.now() - startedMs;
  }
}

/** What a model server answered, after how many attempts. */
type Answered = Pick<UpstreamAnswer, "attempts">;

/** Calls the model of a call that has been admitted. */
type Send<T> = (terms: UpstreamTerms) => Promise<T>;

/** Its cluster reports it ready, though it may have no replica. */
const asleepStill: Readiness = {
  state: "not-ready",
  reason: "it scales to zero, and is starting",
  checkTime: undefined,
};

function tooManyInstances(count: number, max: number): RegistryError {
  return new RegistryError(
    "REQUEST_TOO_LARGE",
    `There are ${count} instances, and at most ${max} may be evaluated at once (${ofVerdicts})`,
  );
}

function removed(model: RegisteredModel): RegistryError {
  return new RegistryError("MODEL_NOT_FOUND", `${model.name} is no longer registered`, {
    metadata: metadataOf(model),
  });
}

/** @throws RegistryError MODEL_BAD_ANSWER */
function scan(
  model: RegisteredModel,
  { status = 200, body, numbers, form, attempts }: UpstreamAnswer,
  instanceCount: number,
  { maxJsonDepth, maxTextValues }: Required<RequestLimits>,
  assertWanted: AssertWanted,
): ScannedAnswer | Promise<ScannedAnswer> {
  const refuse = (error: unknown): never => {
    if (error instanceof BadAnswer)
      throw badAnswer(model, error.message, { status, body, attempts, hint: error.hint ?? form.hint });
    throw error;
  };
  try {
    const count = model.outputFormat?.count === "any" ? undefined : instanceCount;
    const expected = { count, keys: form.keys, problem: predictionCheckOf(model), maxTextValues, assertWanted };
    const known = numbers === undefined ? undefined : knownAnswer(body, numbers, expected, maxJsonDepth);
    const scanned = known ?? scanAnswerInSlices(body, expected, maxJsonDepth);
    return scanned instanceof Promise ? scanned.catch(refuse) : scanned;
  } catch (error) {
    return refuse(error);
  }
}
