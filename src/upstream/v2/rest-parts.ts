import type { RegisteredModel } from "../../registry/model.ts";
import type { UpstreamTerms } from "../../registry/ports.ts";
import type { JsonLimits } from "../../tensors/rest/read-message.ts";
import type { ModelClient } from "../http/model-client.ts";
import type { BatchLimits } from "../predict-batches.ts";
import type { Protocol } from "../protocol.ts";
import type { DescribedModel } from "./describe-model.ts";

/** What all calls by the Open Inference Protocol over REST need. */
export interface RestParts {
  readonly client: ModelClient;
  /** KServe v1, for what KServe's server answers wrongly by v2. */
  readonly v1: Protocol;
  readonly describe: (call: UpstreamTerms) => DescribedModel | Promise<DescribedModel>;
  /** To be called when a call failed in a way that another description of the model may explain. */
  readonly doubt: (model: RegisteredModel) => void;
  readonly json: JsonLimits;
  readonly limits: BatchLimits;
}
