import { FailureState } from "./failure.tsx";
import { Loading } from "./loading.tsx";

/** In place of what has not come: that it is on its way, or why it does not come. */
export function NotYet({ what, error, onRetry }: { what: string; error: unknown; onRetry: () => void }) {
  return error === null ? <Loading what={what} /> : <FailureState error={error} onRetry={onRetry} />;
}
