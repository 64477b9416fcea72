import type { Cancellation } from "../base/cancellation.ts";
import type { ModelMetadata } from "../registry/inference.ts";
import type { RegisteredModel } from "../registry/model.ts";
import type { InferenceAnswer, UpstreamAnswer, UpstreamCall, UpstreamInference } from "../registry/ports.ts";
import type { Readiness } from "../registry/readiness.ts";

/** What a server answered to the question whether a model is ready. */
export interface ReadinessAnswer {
  /** The HTTP status. */
  readonly status: number;
  /** Where a redirect leads. */
  readonly location: string | undefined;
  readonly readiness: Readiness;
}

/** A prediction protocol as it is spoken with model servers. Each has a folder beside this file. */
export interface Protocol {
  /** As GetModel and `validate_only` show it: `kserve-v1`. */
  readonly name: string;
  /** As people say it: `KServe v1`. */
  readonly title: string;
  /** The path of a model below the base address, as people write it: `/v1/models/fraud`. */
  modelPath(model: RegisteredModel): string;
  /** The path of a prediction below the base address. */
  predictPath(model: RegisteredModel): string;
  /** @throws RegistryError */
  predict(call: UpstreamCall): Promise<UpstreamAnswer>;
  /** As in Predictor. Undefined where the protocol has no tensors. @throws RegistryError */
  readonly infer?: (call: UpstreamInference) => Promise<InferenceAnswer>;
  /** As in Predictor. Undefined where servers cannot say. @throws RegistryError, ExchangeFailure, UnreadableFile */
  readonly askMetadata?: (model: RegisteredModel, cancellation: Cancellation<Error>) => Promise<ModelMetadata>;
  /** Asks whether a model is ready. @throws ExchangeFailure, UnreadableFile, RegistryError */
  askReadiness(model: RegisteredModel, cancellation: Cancellation<Error>, closes?: boolean): Promise<ReadinessAnswer>;
  /** Asks which models the server has; empty where it does not say. @throws ExchangeFailure, UnreadableFile, RegistryError */
  askNames(model: RegisteredModel, cancellation: Cancellation<Error>): Promise<readonly string[]>;
}
