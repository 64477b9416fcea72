import type { InferenceServiceFacts } from "./ports.ts";
import type { Readiness } from "./readiness.ts";

/**
 * What our own check and the cluster say together. A model is ready when both say so: while its InferenceService is not
 * ready, neither is the model, and the cluster knows best why. Otherwise our own check decides; before the first one,
 * the word of the cluster stands. So it does for a model that scales to zero, whose server may be asleep and is not asked.
 */
export function combinedReadiness(checked: Readiness, facts: InferenceServiceFacts | undefined): Readiness {
  if (facts === undefined || facts.state === "unknown") return checked;
  if (facts.state === "ready" && facts.scalesToZero !== true && checked.state !== "unknown") return checked;
  return { state: facts.state, reason: facts.reason, checkTime: checked.checkTime };
}
