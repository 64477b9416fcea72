import { problemText } from "../base/field-reader.ts";
import type { RefusedEntry, Source, SourceSink } from "../registry/ports.ts";
import type { Registry } from "../registry/registry.ts";
import { missingSources } from "../registry/source-readiness.ts";
import { isLocated } from "../registry/source-update.ts";
import type { Log } from "./log.ts";

/** More refused entries of one snapshot than this are only counted. */
const maxRefusedLines = 100;

/** Starts sources, hands what they say to the registry, and logs what keeps them or their entries from being served. */
export function followSources(sources: readonly Source[], registry: Registry, log: Log): void {
  // All are known before the first one speaks, so that nobody takes a part for the whole.
  for (const source of sources) registry.expect(source);
  for (const source of sources) source.start(createSink(source, registry, log));
  logOnceComplete(registry, log);
}

/** Says how many models there are, as soon as no source is waited for. */
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
    log.warn({ source, location, model: name, problems: lines }, `An entry is refused: ${location}`);
  }
  const more = refused.length - maxRefusedLines;
  if (more > 0) log.warn({ source }, `${more} more entries of ${source} are refused; ListModels shows them`);
}
