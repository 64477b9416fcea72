import { Label } from "@patternfly/react-core";
import type { SecurityIndicators } from "../../../gen/kserve/catalog/v1/mcp_server_pb.ts";

const marks = [
  ["verifiedSource", "Verified source"],
  ["secureEndpoint", "Secure endpoint"],
  ["sast", "Code analyzed"],
  ["readOnlyTools", "Tools only read"],
] as const;

/** What the catalog vouches for. What it denies or does not know is not marked. */
export function SecurityMarks({ indicators }: { indicators: SecurityIndicators | undefined }) {
  const shown = marks.filter(([key]) => indicators?.[key] === true);
  if (shown.length === 0) return null;
  return (
    <span className="kmr-actions">
      {shown.map(([key, label]) => (
        <Label key={key} isCompact variant="outline" status="success">
          {label}
        </Label>
      ))}
    </span>
  );
}
