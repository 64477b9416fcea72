import { type JsonValue, toJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import type { Evaluation, Verdict } from "../../predict/evaluate.ts";
import type { TriggeredModel } from "../../predict/evaluate-triggers.ts";
import type { JsonScanner, Span } from "../../predict/json/json-scanner.ts";
import { readValue } from "../../predict/transcode/read-value.ts";

/** Verdicts as `/api/v1/models/{name}/evaluate` shows them. */
export function evaluationToJson({ model, scanner, verdicts }: Evaluation, modelVersion: string): object {
  return {
    modelName: model.name,
    ...(modelVersion === "" ? {} : { modelVersion }),
    verdicts: verdicts.map((verdict) => verdictToJson(verdict, scanner)),
  };
}

/** Models whose triggers fire, as `/api/v1/triggers/evaluate` shows them. */
export function triggeredToJson(models: readonly TriggeredModel[]): object {
  return {
    models: models.map(({ model, triggers, outcome }) => ({
      modelName: model.name,
      namespace: model.namespace,
      triggers: triggers.map(({ trigger, sample }) => ({ trigger: trigger.name ?? trigger, sample })),
      ...outcomeToJson(outcome),
    })),
  };
}

function outcomeToJson(outcome: TriggeredModel["outcome"]): object {
  switch (outcome.kind) {
    case "evaluation":
      return { verdict: verdictToJson(outcome.evaluation.verdicts[0]!, outcome.evaluation.scanner) };
    case "missing-features":
      return { missingFeatures: outcome.names };
    case "failure":
      return { failure: { reason: outcome.reason, message: outcome.message } };
  }
}

function verdictToJson(verdict: Verdict, scanner: JsonScanner): object {
  return {
    prediction: jsonAt(scanner, verdict.prediction),
    value: jsonAt(scanner, verdict.value),
    ...(verdict.label === undefined ? {} : { label: verdict.label }),
    ...thresholdOf(verdict),
    remediationActions: verdict.remediationActions,
  };
}

/** What the threshold says; nothing where there is none. */
function thresholdOf({ threshold, comparison, thresholdCrossed }: Verdict): object {
  return threshold === undefined ? {} : { threshold, comparison, thresholdCrossed };
}

/** A value as valid JSON: the bare words of other servers become strings, as everywhere in the contract. */
function jsonAt(scanner: JsonScanner, span: Span): JsonValue {
  return toJson(ValueSchema, readValue(scanner, span, Number.POSITIVE_INFINITY));
}
