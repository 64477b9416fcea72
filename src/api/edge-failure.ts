import type { FieldViolation } from "../registry/registry-error.ts";

/** How the edges present an error of a part behind them. */
export interface FailureWords<Reason extends string> {
  readonly reason: Reason;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly violations?: readonly FieldViolation[];
  readonly retryAfterMs?: number | undefined;
}

/** An error of a part behind the edges, as callers see it. */
export abstract class EdgeFailure<Reason extends string> extends Error {
  readonly reason: Reason;
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly FieldViolation[];
  readonly retryAfterMs: number | undefined;

  constructor(message: string, words: FailureWords<Reason>, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = words.reason;
    this.metadata = words.metadata ?? {};
    this.violations = words.violations ?? [];
    this.retryAfterMs = words.retryAfterMs;
  }
}
