import { create, fromJson } from "@bufbuild/protobuf";
import { type Value, ValueSchema } from "@bufbuild/protobuf/wkt";
import type { RemediationAction } from "../../../gen/kserve/registry/v1/model_pb.ts";
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
import type { RemediationAction as DomainAction } from "../../registry/model.ts";
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
  return create(EvaluateTriggersResponseSchema, {
    models: models.map((triggered) => {
      const message = triggeredModelToMessage(triggered);
      const { outcome } = triggered;
      if (outcome.kind === "evaluation") {
        // A row of samples is one instance, so there is one verdict.
        const verdict = outcome.evaluation.verdicts[0]!;
        message.outcome = { case: "verdict", value: verdictToMessage(verdict, outcome.evaluation.scanner) };
      }
      return message;
    }),
  });
}

function verdictToMessage(verdict: Verdict, scanner: JsonScanner): VerdictMessage {
  const message = restOfVerdictToMessage(verdict);
  message.label = verdict.label ?? "";
  message.prediction = readValue(scanner, verdict.prediction);
  message.value = readValue(scanner, verdict.value);
  return message;
}

/** What a verdict says beside its values and the label. */
export function restOfVerdictToMessage(verdict: Verdict): VerdictMessage {
  const message = create(VerdictSchema, {
    thresholdCrossed: verdict.thresholdCrossed,
    ...(verdict.threshold === undefined ? {} : { threshold: verdict.threshold }),
    comparison: comparisonToMessage(verdict.comparison),
  });
  message.remediationActions = actionsToMessage(verdict.remediationActions);
  return message;
}

const actionMessages = new WeakMap<readonly DomainAction[], RemediationAction[]>();

/** The same messages for all verdicts of a model: nobody changes them. */
function actionsToMessage(actions: readonly DomainAction[]): RemediationAction[] {
  let messages = actionMessages.get(actions);
  if (messages === undefined) {
    messages = actions.map(actionToMessage);
    actionMessages.set(actions, messages);
  }
  return messages;
}

/** A model whose triggers fire, all but its verdict. */
export function triggeredModelToMessage({ model, triggers, outcome }: TriggeredModel): TriggeredModelMessage {
  const message = create(TriggeredModelSchema, {
    modelName: model.name,
    namespace: model.namespace,
    triggers: triggers.map(firedToMessage),
  });
  switch (outcome.kind) {
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
