import { Label } from "@patternfly/react-core";
import type { RemediationAction } from "../../../gen/kserve/registry/v1/model_pb.ts";

/** What the owner of a model advises. */
export function Advice({ actions }: { actions: readonly RemediationAction[] }) {
  return (
    <ul className="kmr-plain-list">
      {actions.map(({ type, severity, target, parameters }) => (
        <li key={`${type} ${severity} ${target}`}>
          {type}
          {target !== "" && `: ${target}`}{" "}
          {severity !== "" && (
            <Label isCompact variant="outline" color="orange">
              {severity}
            </Label>
          )}
          {parameters !== undefined && Object.keys(parameters).length > 0 && (
            <code className="kmr-quiet"> {JSON.stringify(parameters)}</code>
          )}
        </li>
      ))}
    </ul>
  );
}
