import type { HttpResponse } from "../http.ts";
import { type AnswerContent, createSharedAnswer } from "../shared-answer.ts";
import type { MetricFormat } from "./exposition.ts";
import type { Expose } from "./metrics.ts";

/** The metrics for all who read them at about the same time in one format. */
export function sharedMetrics(
  expose: Expose,
): (format: MetricFormat, response: HttpResponse) => Promise<AnswerContent> {
  const answers = {
    text: createSharedAnswer(() => expose("text")),
    openmetrics: createSharedAnswer(() => expose("openmetrics")),
  };
  return (format, response) => answers[format](response);
}
