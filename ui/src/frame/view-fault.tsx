import {
  Button,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  PageSection,
} from "@patternfly/react-core";

/** A fault of the page itself. After an update of the server the files of the old page are gone: loading it again helps. */
export function ViewFault({ error }: { error: unknown }) {
  return (
    <PageSection>
      <EmptyState titleText="This page cannot be shown" headingLevel="h1" status="danger">
        <EmptyStateBody>
          <p>The service may have been updated since this page was loaded.</p>
          <p className="kmr-quiet">{String(error)}</p>
        </EmptyStateBody>
        <EmptyStateFooter>
          <EmptyStateActions>
            <Button onClick={() => location.reload()}>Reload the page</Button>
          </EmptyStateActions>
        </EmptyStateFooter>
      </EmptyState>
    </PageSection>
  );
}
