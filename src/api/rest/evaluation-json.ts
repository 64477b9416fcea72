import type { Verdict } from "../../predict/evaluate.ts";
import type { TriggeredModel } from "../../predict/evaluate-triggers.ts";

/** What a verdict says beside its values and the label, as `/api/v1/models/{name}/evaluate` shows it. */
export function restOfVerdictToJson({ threshold, comparison, thresholdCrossed, remediationActions }: Verdict): object {
  // What the threshold says is left out where there is none.
  return threshold === undefined
    ? { remediationActions }
    : { threshold, comparison, thresholdCrossed, remediationActions };
}

/** A model whose triggers fire, all but its verdict, as `/api/v1/triggers/evaluate` shows it. */
export function triggeredModelToJson({ model, triggers, outcome }: TriggeredModel): object {
  return {
    modelName: model.name,
    namespace: model.namespace,
    triggers: triggers.map(({ trigger, sample }) => ({ trigger: trigger.name ?? trigger, sample })),
    ...outcomeToJson(outcome),
  };
}

function outcomeToJson(outcome: TriggeredModel["outcome"]): object {
  switch (outcome.kind) {
    case "evaluation":
      return {};
    case "missing-features":
      return { missingFeatures: outcome.names };
    case "failure":
      return { failure: { reason: outcome.reason, message: outcome.message } };
  }
}
