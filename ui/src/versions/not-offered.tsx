import { ExpandableSection } from "@patternfly/react-core";
import type { Action, Permissions } from "./permissions.ts";

/** Says why some actions are not there, to who asks. Nothing where all are. */
export function NotOffered({ permissions, actions }: { permissions: Permissions; actions: readonly Action[] }) {
  const reasons = [...new Set(actions.flatMap((action) => permissions.whyNot(action) ?? []))];
  if (reasons.length === 0) return null;
  const { caller } = permissions;
  return (
    <ExpandableSection toggleText="Why is not everything offered here?">
      {caller !== "" && <p>You are {caller}.</p>}
      <ul>
        {reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      <p className="kmr-quiet">The people who run the service decide that; show them these lines.</p>
    </ExpandableSection>
  );
}
