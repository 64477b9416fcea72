import type { InferenceServiceFacts } from "./ports.ts";
import type { Readiness } from "./readiness.ts";

/**
 * Combines our own readiness check with the cluster's. A model is ready when both say so: while its InferenceService is
 * not ready, neither is the model, and the cluster knows best why. Otherwise our own check decides; before the first
 * one, the cluster's state counts. That is also so for a model that scales to zero, which is not checked as its server
 * may be asleep.
 */
export function combinedReadiness(checked: Readiness, facts: InferenceServiceFacts | undefined): Readiness {
  if (facts === undefined || facts.state === "unknown") return checked;
  if (facts.state === "ready" && facts.scalesToZero !== true && checked.state !== "unknown") return checked;
  return { state: facts.state, reason: facts.reason, checkTime: checked.checkTime };
}
