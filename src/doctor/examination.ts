import type { Pipeline } from "../predict/pipeline.ts";
import type { RegisteredModel } from "../registry/model.ts";
import type { Registry } from "../registry/registry.ts";
import type { Upstream } from "../upstream/by-protocol.ts";

/** The steps of a prediction, in order. After a failed step the following ones are not tried. */
export const waySteps = ["dns", "connect", "tls", "ready", "path", "predict"] as const;

/** All steps, in order: at the end, whatever the outcome of the others, a linked version where there is one. */
export const stepNames = [...waySteps, "version"] as const;
export type StepName = (typeof stepNames)[number];

/** The result of a step. */
export interface Step {
  readonly name: StepName;
  readonly outcome: "ok" | "failed" | "skipped";
  /** 0 for one that was skipped. */
  readonly ms: number;
  /** What was found, or why it was skipped. */
  readonly detail: string;
  /** What to change, where it failed. */
  readonly hint?: string;
}

/** All steps of one model. */
export interface Examination {
  readonly model: RegisteredModel;
  readonly healthy: boolean;
  readonly steps: readonly Step[];
}

/** A step that failed, with what to change. */
export class Finding extends Error {
  readonly hint: string;

  constructor(detail: string, hint: string) {
    super(detail);
    this.name = "Finding";
    this.hint = hint;
  }
}

/** There is nothing to try in a step. */
export class NothingToTry extends Error {}

/** What an examination works with. */
export interface Instruments {
  readonly registry: Registry;
  readonly upstream: Upstream;
  readonly pipeline: Pipeline;
  /** How long each step may take. */
  readonly timeoutMs: number;
  /**
   * Leaves out what callers of the service may not see: the IP addresses of a host, and the names of other models on
   * its server. Default: false.
   */
  readonly discreet?: boolean;
  /** The target of a host that leads out of the namespace of its Service, which untrusted entries may not use. */
  readonly leadsOut?: (host: string) => string | undefined;
}

/** What the steps so far have found out about a model. */
export interface ExaminedModel extends Instruments {
  readonly model: RegisteredModel;
  readonly url: URL;
  readonly port: number;
  /** The addresses of its host, once they are known; first the one that answers, once that is known, too. */
  addresses: readonly string[];
  /** Whether the server knows the model by its path, once it has answered. */
  pathKnown: boolean;
}
