import { yieldIfBusy } from "../../base/yield-if-busy.ts";
import type { CatalogModel } from "../entries/entry.ts";
import type { SourceState } from "../snapshot.ts";
import type { Benchmarks } from "./read-benchmarks.ts";

/** Adds benchmark results to the states of sources. */
export class BenchmarkedStates {
  readonly #benchmarks: ReadonlyMap<string, Benchmarks>;
  readonly #known = new WeakMap<SourceState, SourceState>();

  /** @param benchmarks by the names of models in lower case */
  constructor(benchmarks: ReadonlyMap<string, Benchmarks>) {
    this.#benchmarks = benchmarks;
  }

  /** A state whose models have their benchmarks: cached, and computed in short turns of the event loop. */
  async stateOf(state: SourceState): Promise<SourceState> {
    if (this.#benchmarks.size === 0) return state;
    let found = this.#known.get(state);
    if (found === undefined) {
      const models: CatalogModel[] = [];
      for (const model of state.models) {
        models.push(withBenchmarks(model, this.#benchmarks.get(model.name.toLowerCase())));
        await yieldIfBusy();
      }
      found = { ...state, models };
      this.#known.set(state, found);
    }
    return found;
  }
}

function withBenchmarks(model: CatalogModel, found: Benchmarks | undefined): CatalogModel {
  if (found === undefined) return model;
  return {
    ...model,
    artifacts: [...model.artifacts, ...found.artifacts],
    // The source itself takes precedence.
    customProperties: { ...found.properties, ...model.customProperties },
  };
}
