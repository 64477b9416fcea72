import { Alert, Button, EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter } from "@patternfly/react-core";
import { failureWords } from "./failure-words.ts";

/** A failed call inside a view. */
export function FailureAlert({ error }: { error: unknown }) {
  const { title, message, advice, reason } = failureWords(error);
  return (
    <Alert variant="danger" isInline component="p" title={title}>
      <p>{message}</p>
      {advice !== "" && <p>{advice}</p>}
      {reason !== "" && <p className="kmr-quiet">{reason}</p>}
    </Alert>
  );
}

/** A view that cannot be shown. */
export function FailureState({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { title, message, advice, reason } = failureWords(error);
  return (
    <EmptyState titleText={title} headingLevel="h2" status="danger">
      <EmptyStateBody>
        <p>{message}</p>
        {advice !== "" && <p>{advice}</p>}
        {reason !== "" && <p className="kmr-quiet">{reason}</p>}
      </EmptyStateBody>
      {onRetry !== undefined && (
        <EmptyStateFooter>
          <EmptyStateActions>
            <Button variant="primary" onClick={onRetry}>
              Try again
            </Button>
          </EmptyStateActions>
        </EmptyStateFooter>
      )}
    </EmptyState>
  );
}
