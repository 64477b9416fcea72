import { Card, CardBody, CardTitle, Label } from "@patternfly/react-core";
import { Link } from "@tanstack/react-router";
import type { TriggeredModel } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { Advice } from "../model/advice.tsx";
import { jsonOf } from "../model/predict-rows.ts";
import { comparisonSign } from "../words/enum-words.ts";

/** A model that samples trigger: why, and what it predicts. */
export function TriggeredModelCard({ model: { modelName, namespace, triggers, outcome } }: { model: TriggeredModel }) {
  return (
    <Card isCompact className="kmr-gap-below">
      <CardTitle component="h2">
        <Link to="/models/$name" params={{ name: modelName }} search={{ namespace }}>
          {modelName}
        </Link>{" "}
        <span className="kmr-quiet">{namespace}</span>
      </CardTitle>
      <CardBody>
        <ul className="kmr-plain-list kmr-gap-below">
          {triggers.map(({ trigger, sample }) => (
            <li key={`${trigger?.name} ${trigger?.metric} ${trigger?.comparison} ${trigger?.threshold}`}>
              {trigger?.name || trigger?.metric} is <code>{JSON.stringify(jsonOf(sample))}</code>
              {trigger?.threshold !== undefined &&
                ` (fires ${comparisonSign(trigger.comparison)} ${trigger.threshold})`}
            </li>
          ))}
        </ul>
        <Outcome outcome={outcome} />
      </CardBody>
    </Card>
  );
}

function Outcome({ outcome }: { outcome: TriggeredModel["outcome"] }) {
  switch (outcome.case) {
    case "verdict": {
      const { prediction, label, threshold, thresholdCrossed, comparison, remediationActions } = outcome.value;
      return (
        <>
          <p>
            It predicts <code>{JSON.stringify(jsonOf(prediction))}</code>
            {label !== "" && `: ${label}`}{" "}
            {threshold !== undefined && (
              <Label status={thresholdCrossed ? "danger" : "success"} variant="outline" isCompact>
                {thresholdCrossed ? "crossed" : "not crossed"}: {comparisonSign(comparison)} {threshold}
              </Label>
            )}
          </p>
          {remediationActions.length > 0 && (
            <>
              <p className="kmr-gap-above">Its owner advises:</p>
              <Advice actions={remediationActions} />
            </>
          )}
        </>
      );
    }
    case "missingFeatures":
      return (
        <p>
          {outcome.value.names.length === 0
            ? "Not called: it declares no features, so samples cannot be mapped to it."
            : `Not called: it also needs ${outcome.value.names.join(", ")}.`}
        </p>
      );
    case "failure":
      return (
        <p>
          It gave no answer: {outcome.value.message} <span className="kmr-quiet">{outcome.value.reason}</span>
        </p>
      );
    default:
      return null;
  }
}
