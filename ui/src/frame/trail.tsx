import { Breadcrumb, BreadcrumbItem } from "@patternfly/react-core";
import { Link } from "@tanstack/react-router";

/** A view above the one that is looked at. */
export interface TrailStep {
  readonly label: string;
  readonly to: string;
  readonly params?: Readonly<Record<string, string>>;
}

/** Where one is, and the way back up. */
export function Trail({ steps, here }: { steps: readonly TrailStep[]; here: string }) {
  return (
    <Breadcrumb>
      {steps.map(({ label, to, params = {} }) => (
        <BreadcrumbItem key={to}>
          <Link to={to} params={params} search={{}}>
            {label}
          </Link>
        </BreadcrumbItem>
      ))}
      <BreadcrumbItem isActive>{here}</BreadcrumbItem>
    </Breadcrumb>
  );
}
