import type { Pipeline } from "../predict/pipeline.ts";
import type { RegisteredModel } from "../registry/model.ts";
import type { Registry } from "../registry/registry.ts";
import type { Upstream } from "../upstream/by-protocol.ts";

/** What an examination works with. */
export interface Instruments {
  readonly registry: Registry;
  readonly upstream: Upstream;
  readonly pipeline: Pipeline;
  /** How long each step may take. */
  readonly timeoutMs: number;
}

/** What is known of a model so far, from one step to the next. */
export interface ExaminedModel extends Instruments {
  readonly model: RegisteredModel;
  readonly url: URL;
  readonly port: number;
  /** The addresses of its host, once they are known. */
  addresses: readonly string[];
  /** Whether the server knows the model by its path, once it has answered. */
  pathKnown: boolean;
}
