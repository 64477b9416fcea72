import { Spinner } from "@patternfly/react-core";
import { useEffect, useState } from "react";

/** How long something may take before the page says so, in milliseconds. */
const slowMs = 4000;

/** While a view is on its way. It says what is awaited, and, when that takes long, that it does. */
export function Loading({ what }: { what: string }) {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), slowMs);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="kmr-loading" role="status">
      <Spinner size="lg" aria-label={`Loading ${what}`} />
      <span>{slow ? `Still loading ${what}. The service is responding slowly.` : `Loading ${what}…`}</span>
    </div>
  );
}
