import { create, fromJson } from "@bufbuild/protobuf";
import { type Value, ValueSchema } from "@bufbuild/protobuf/wkt";
import {
  type EvaluateModelResponse,
  EvaluateModelResponseSchema,
  type EvaluateTriggersResponse,
  EvaluateTriggersResponseSchema,
  type TriggeredModel as TriggeredModelMessage,
  TriggeredModelSchema,
  type Verdict as VerdictMessage,
  VerdictSchema,
} from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import type { Evaluation, Verdict } from "../../predict/evaluate.ts";
import type { FiredTrigger, TriggeredModel } from "../../predict/evaluate-triggers.ts";
import type { JsonScanner } from "../../predict/json/json-scanner.ts";
import { readValue } from "../../predict/transcode/read-value.ts";
import { actionToMessage, comparisonToMessage, triggerToMessage } from "./convert.ts";

/** The verdicts on all predictions of a model. */
export function evaluationToMessage(
  { model, scanner, verdicts }: Evaluation,
  modelVersion: string,
): EvaluateModelResponse {
  return create(EvaluateModelResponseSchema, {
    modelName: model.name,
    modelVersion,
    verdicts: verdicts.map((verdict) => verdictToMessage(verdict, scanner)),
  });
}

/** The models whose triggers fire. */
export function triggeredToMessage(models: readonly TriggeredModel[]): EvaluateTriggersResponse {
  return create(EvaluateTriggersResponseSchema, { models: models.map(triggeredModelToMessage) });
}

function verdictToMessage(verdict: Verdict, scanner: JsonScanner): VerdictMessage {
  const message = create(VerdictSchema, {
    label: verdict.label ?? "",
    thresholdCrossed: verdict.thresholdCrossed,
    ...(verdict.threshold === undefined ? {} : { threshold: verdict.threshold }),
    comparison: comparisonToMessage(verdict.comparison),
    remediationActions: verdict.remediationActions.map(actionToMessage),
  });
  message.prediction = readValue(scanner, verdict.prediction);
  message.value = readValue(scanner, verdict.value);
  return message;
}

function triggeredModelToMessage({ model, triggers, outcome }: TriggeredModel): TriggeredModelMessage {
  const message = create(TriggeredModelSchema, {
    modelName: model.name,
    namespace: model.namespace,
    triggers: triggers.map(firedToMessage),
  });
  switch (outcome.kind) {
    case "evaluation": {
      // A row of samples is one instance, so there is one verdict.
      const [verdict] = outcome.evaluation.verdicts;
      message.outcome = { case: "verdict", value: verdictToMessage(verdict!, outcome.evaluation.scanner) };
      break;
    }
    case "missing-features":
      message.outcome = {
        case: "missingFeatures",
        value: { $typeName: "kserve.registry.v1.MissingFeatures", names: [...outcome.names] },
      };
      break;
    case "failure":
      message.outcome = {
        case: "failure",
        value: {
          $typeName: "kserve.registry.v1.EvaluationFailure",
          reason: outcome.reason,
          message: outcome.message,
        },
      };
  }
  return message;
}

function firedToMessage({ trigger, sample }: FiredTrigger): {
  trigger: ReturnType<typeof triggerToMessage>;
  sample: Value;
} {
  return { trigger: triggerToMessage(trigger), sample: fromJson(ValueSchema, sample) };
}
