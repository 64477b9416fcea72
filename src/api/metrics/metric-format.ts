import { qualityOf } from "../accepts.ts";
import type { MetricFormat } from "./exposition.ts";

/** The format that a scraper prefers by its `accept`: OpenMetrics only where it asks for it more than for text. */
export function metricFormatOf(accept: string | undefined): MetricFormat {
  const openMetrics = qualityOf(accept, "application/openmetrics-text");
  return openMetrics > 0 && openMetrics >= qualityOf(accept, "text/plain") ? "openmetrics" : "text";
}
