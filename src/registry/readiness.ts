/** Whether a model answers. */
export type ModelState = "unknown" | "ready" | "not-ready" | "unreachable";

/** The result of a readiness check. */
export interface Readiness {
  readonly state: ModelState;
  /** Why, in words, without addresses. Empty while the model is ready. */
  readonly reason: string;
  readonly checkTime: Date | undefined;
  /**
   * Whether the model server did not know the question (HTTP 404, 405, 501), so that a good prediction says more.
   * Default: false.
   */
  readonly unanswered?: boolean;
}

export const notChecked: Readiness = { state: "unknown", reason: "not checked yet", checkTime: undefined };
