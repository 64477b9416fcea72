import { problemText } from "../base/field-reader.ts";
import type { RefusedEntry, Source, SourceSink } from "../registry/ports.ts";
import type { Registry } from "../registry/registry.ts";
import { missingSources } from "../registry/source-readiness.ts";
import { isLocated } from "../registry/source-update.ts";
import type { Log } from "./log.ts";

/** More refused entries of one snapshot than this are only counted. */
const maxRefusedLines = 100;

/**
 * Starts sources, passes their entries to the registry, and logs why a source is not up to date and which entries were
 * refused.
 */
export function followSources(sources: readonly Source[], registry: Registry, log: Log): void {
  // The registry has to know all of them first: otherwise it would take the models of the first source for all there
  // are.
  for (const source of sources) registry.expect(source);
  for (const source of sources) source.start(createSink(source, registry, log));
  logOnceComplete(registry, log);
}

/** Logs how many models there are, as soon as every source has delivered. */
function logOnceComplete(registry: Registry, log: Log): void {
  const isComplete = (): boolean => {
    if (missingSources(registry.sources) !== undefined) return false;
    log.info(`Loaded ${registry.snapshot.keys.length} models from registry`);
    return true;
  };
  if (isComplete()) return;
  const unsubscribe = registry.subscribe(() => {
    if (isComplete()) unsubscribe();
  });
}

function createSink(source: Source, registry: Registry, log: Log): SourceSink {
  const logged = new Set<string>();
  let trouble: string | undefined;
  return {
    onSnapshot(snapshot) {
      registry.apply(source, snapshot);
      const fresh = snapshot.refused.filter((refused) => !logged.has(keyOf(refused)));
      logged.clear();
      for (const refused of snapshot.refused) logged.add(keyOf(refused));
      logRefused(source.name, fresh, log);
    },
    onChanges(changes) {
      registry.change(source, changes);
      const refused = [...changes.items.values()].filter((item) => item !== undefined && !isLocated(item));
      logRefused(source.name, refused as RefusedEntry[], log);
    },
    onTrouble(problem) {
      if (problem === trouble) return;
      trouble = problem;
      registry.setTrouble(source, problem);
      if (problem === undefined) log.info({ source: source.name }, `Source ${source.name} is up to date again`);
      else log.warn({ source: source.name, problem }, `Source ${source.name} is not up to date: ${problem}`);
    },
  };
}

function keyOf({ location, problems }: RefusedEntry): string {
  return JSON.stringify([location, problems]);
}

function logRefused(source: string, refused: readonly RefusedEntry[], log: Log): void {
  for (const { name, location, problems } of refused.slice(0, maxRefusedLines)) {
    const lines = problems.map(problemText);
    log.warn({ source, location, model: name, problems: lines }, `An entry was rejected: ${location}`);
  }
  const more = refused.length - maxRefusedLines;
  if (more > 0) log.warn({ source }, `${more} more entries of ${source} were rejected; ListModels shows them`);
}
