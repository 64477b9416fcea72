import { EmptyState, EmptyStateBody, PageSection } from "@patternfly/react-core";
import { Link } from "@tanstack/react-router";

/** An address of the page that is not a view. */
export function NotFound() {
  return (
    <PageSection>
      <EmptyState titleText="Page not found" headingLevel="h1">
        <EmptyStateBody>
          <Link to="/models" search={{}}>
            All models
          </Link>
        </EmptyStateBody>
      </EmptyState>
    </PageSection>
  );
}
