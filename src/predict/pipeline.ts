import type { Access } from "../registry/access.ts";
import { badAnswer } from "../registry/bad-answer.ts";
import type { Cancellation } from "../registry/cancellation.ts";
import { type InputFormat, metadataOf, type RegisteredModel } from "../registry/model.ts";
import type { Predictor, UpstreamAnswer } from "../registry/ports.ts";
import type { Registry } from "../registry/registry.ts";
import { type ErrorReason, RegistryError } from "../registry/registry-error.ts";
import { Admission } from "./admission.ts";
import { asPredictions, BadAnswer, type ScannedAnswer, scanAnswer } from "./answer-body.ts";
import { featureSetOf } from "./feature-set.ts";
import { predictionCheckOf } from "./output-format.ts";
import { type CheckedRequest, checkRequest } from "./request-body.ts";
import { resolveModel } from "./resolve-model.ts";
import { TimeLimit } from "./time-limit.ts";

/** Why a caller no longer waits. */
export type CallerReason = "CALLER_LEFT" | "DEADLINE_EXCEEDED";

/** One prediction, in the form that every protocol is brought to. */
export interface PredictCall {
  /** The registered name. */
  readonly name: string;
  /** What the caller may use. */
  readonly access: Access;
  /**
   * Makes the KServe v1 request, or one whose syntax is known to be right, with the count of its instances. Not called
   * when the model is unknown. Throws RegistryError on bad input.
   */
  readonly body: () => Uint8Array | CheckedRequest;
  /** Headers for the model, in lower case; chosen by allow-list. */
  readonly headers: Readonly<Record<string, string>>;
  /** The caller's `authorization`, which goes only to models whose entry asks for it. */
  readonly authorization?: string | undefined;
  /** Tells that the caller has left, or that its deadline has passed. */
  readonly caller: Cancellation<CallerReason>;
  /** How long the caller waits; undefined when it does not say. */
  readonly timeoutMs?: number | undefined;
}

/** A prediction that was made. */
export interface Prediction {
  readonly model: RegisteredModel;
  readonly answer: ScannedAnswer;
  /** How many times the model server was called. */
  readonly attempts: number;
}

/** What would be sent. */
export interface PlannedCall {
  readonly model: RegisteredModel;
  readonly method: "POST";
  readonly url: string;
  readonly protocol: string;
  readonly body: Uint8Array;
}

/** Is told of every prediction of a registered model when it ends. */
export type PredictObserver = (model: RegisteredModel, seconds: number, reason: ErrorReason | undefined) => void;

export interface PipelineOptions {
  readonly registry: Registry;
  readonly predictor: Predictor;
  /** False refuses every prediction with INTEGRATION_DISABLED. */
  readonly integrationEnabled: boolean;
  /** The longest a prediction may take, where the entry does not say. */
  readonly timeoutMs: number;
  readonly maxInFlight: number;
  readonly maxJsonDepth: number;
  readonly observe: PredictObserver;
}

/** TensorFlow Serving answers columns with `outputs`; some servers behind the same format say `predictions`. */
const answerKeys: Readonly<Record<InputFormat, readonly string[]>> = {
  array: ["predictions"],
  record: ["predictions"],
  "record-of-lists": ["predictions"],
  columnar: ["outputs", "predictions"],
};

/** The one way of a prediction, for every protocol: resolve, check, admit, call, check the answer. */
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #admission: Admission;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#admission = new Admission(options.maxInFlight);
  }

  get maxJsonDepth(): number {
    return this.#options.maxJsonDepth;
  }

  /** How many predictions of a model are under way. */
  inFlight(model: string): number {
    return this.#admission.inFlight(model);
  }

  /** @throws RegistryError */
  async predict(call: PredictCall): Promise<Prediction> {
    const resolved = this.resolve(call.name, call.access);
    const model = resolved instanceof Promise ? await resolved : resolved;
    const started = performance.now();
    try {
      const prediction = await this.#predict(call, model);
      this.#options.observe(model, (performance.now() - started) / 1000, undefined);
      return prediction;
    } catch (error) {
      const reason = error instanceof RegistryError ? error.reason : "INTERNAL";
      this.#options.observe(model, (performance.now() - started) / 1000, reason);
      throw error;
    }
  }

  /**
   * Does everything but call the model.
   *
   * @throws RegistryError
   */
  async plan(call: Pick<PredictCall, "name" | "access" | "body">): Promise<PlannedCall> {
    const model = await this.resolve(call.name, call.access);
    const { predictor } = this.#options;
    const { body } = this.#check(call, model);
    const url = model.address.url + predictor.predictPath(model);
    return { model, method: "POST", url, protocol: predictor.protocol, body };
  }

  /**
   * The model of a name, for one caller.
   *
   * @throws RegistryError INTEGRATION_DISABLED, INVALID_REQUEST, MODEL_NOT_FOUND, PERMISSION_DENIED, ACCESS_CHECK_FAILED
   */
  resolve(name: string, access: Access): RegisteredModel | Promise<RegisteredModel> {
    return resolveModel(this.#options, name, access);
  }

  async #predict(call: PredictCall, model: RegisteredModel): Promise<Prediction> {
    const { predictor, maxJsonDepth } = this.#options;
    const { body, instanceCount } = this.#check(call, model);
    this.#admission.enter(model.name, metadataOf(model));
    const limit = new TimeLimit(call, model, this.#options.timeoutMs);
    try {
      const answer = await predictor.predict({
        model,
        body,
        headers:
          model.forwardAuthorization && call.authorization !== undefined
            ? { ...call.headers, authorization: call.authorization }
            : call.headers,
        cancellation: limit.cancellation,
      });
      return { model, answer: scan(model, answer, instanceCount, maxJsonDepth), attempts: answer.attempts };
    } finally {
      limit.end();
      this.#admission.leave(model.name);
    }
  }

  #check(call: Pick<PredictCall, "body">, model: RegisteredModel): CheckedRequest {
    try {
      const body = call.body();
      const features = featureSetOf(model);
      if (body instanceof Uint8Array) return checkRequest(body, features, this.#options);
      return features === undefined ? body : checkRequest(body.body, features, this.#options);
    } catch (error) {
      if (!(error instanceof RegistryError) || Object.keys(error.metadata).length > 0) throw error;
      throw new RegistryError(error.reason, error.message, {
        metadata: metadataOf(model),
        violations: error.violations,
        failure: { stage: "check" },
      });
    }
  }
}

/** @throws RegistryError MODEL_BAD_ANSWER */
function scan(
  model: RegisteredModel,
  answer: UpstreamAnswer,
  instanceCount: number,
  maxJsonDepth: number,
): ScannedAnswer {
  const expected = { instanceCount, keys: answerKeys[model.inputFormat], problem: predictionCheckOf(model) };
  try {
    const scanned = scanAnswer(answer.body, expected, maxJsonDepth);
    return scanned.key === "predictions" ? scanned : scanAnswer(asPredictions(scanned), expected, maxJsonDepth);
  } catch (error) {
    if (error instanceof BadAnswer) throw badAnswer(model, error.message, answer.body, answer.attempts);
    throw error;
  }
}
