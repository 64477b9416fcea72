import type { ConnectionLimits } from "./connection-limits.ts";

/** What becomes of an old connection. */
export interface OldAge {
  /** Asks the client to go. Calls under way go on. */
  readonly retire: () => void;
  /** Ends what has not gone within the grace. */
  readonly cut: () => void;
}

/**
 * Lets a connection grow old. Connections that were opened together do not end together: each lives up to a tenth shorter
 * or longer.
 *
 * @returns a function that forgets the connection
 */
export function growOld(limits: ConnectionLimits, { retire, cut }: OldAge): () => void {
  const { maxConnectionAgeMs, maxConnectionAgeGraceMs } = limits;
  if (maxConnectionAgeMs === 0) return () => {};
  const old = (): void => {
    retire();
    timer = setTimeout(cut, maxConnectionAgeGraceMs).unref();
  };
  let timer = setTimeout(old, maxConnectionAgeMs * (0.9 + 0.2 * Math.random())).unref();
  return () => clearTimeout(timer);
}
