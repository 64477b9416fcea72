import type { SourceStatus } from "./versioned-source.ts";

/**
 * What keeps the models from being complete, in words; undefined when nothing does. Every source must have handed over
 * its first snapshot, or have said why it cannot; and where no source has one, there is nothing to serve.
 */
export function missingSources(sources: readonly SourceStatus[]): string | undefined {
  const waiting = sources.filter(({ loaded, trouble }) => !loaded && trouble === undefined);
  if (waiting.length > 0) return `waiting for the models of ${waiting.map(({ name }) => name).join(", ")}`;
  if (sources.length === 0 || sources.some(({ loaded }) => loaded)) return undefined;
  return `no source has any models yet: ${sources.map(({ name, trouble }) => `${name}: ${trouble!.problem}`).join("; ")}`;
}
