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
  /**
   * Leaves out what a caller of the service may not know: the IP addresses of a host, and the names of other models on its
   * server. Default: false.
   */
  readonly discreet?: boolean;
  /** Where a host leads out of the namespace of its Service, which entries that are not trusted may not use. */
  readonly leadsOut?: (host: string) => string | undefined;
}

/** What is known of a model so far, from one step to the next. */
export interface ExaminedModel extends Instruments {
  readonly model: RegisteredModel;
  readonly url: URL;
  readonly port: number;
  /** The addresses of its host, once they are known; first the one that answers, once that is known, too. */
  addresses: readonly string[];
  /** Whether the server knows the model by its path, once it has answered. */
  pathKnown: boolean;
}
