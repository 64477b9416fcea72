/** How many calls there were of one method, over one protocol, with one outcome. */
export interface Tally {
  readonly method: string;
  readonly protocol: string;
  readonly outcome: string;
  readonly count: number;
}

/** Counts calls. Each of its names is known for long, so that finding a count makes no new text to look it up by. */
export class CallTally {
  readonly #byMethod = new Map<string, Map<string, Map<string, number>>>();

  add(method: string, protocol: string, outcome: string): void {
    const byOutcome = below(below(this.#byMethod, method), protocol);
    byOutcome.set(outcome, (byOutcome.get(outcome) ?? 0) + 1);
  }

  *all(): Generator<Tally> {
    for (const [method, byProtocol] of this.#byMethod) {
      for (const [protocol, byOutcome] of byProtocol) {
        for (const [outcome, count] of byOutcome) yield { method, protocol, outcome, count };
      }
    }
  }
}

/** The map under a key, which is made when it is missing. */
function below<Value>(maps: Map<string, Map<string, Value>>, key: string): Map<string, Value> {
  let map = maps.get(key);
  if (map === undefined) {
    map = new Map();
    maps.set(key, map);
  }
  return map;
}
