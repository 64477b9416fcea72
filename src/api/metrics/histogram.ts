import type { MetricFormat } from "./exposition.ts";

/** A traced call that a value came from. */
interface Exemplar {
  readonly traceId: string;
  readonly value: number;
  readonly timestampMs: number;
}

/** The upper bounds of buckets for durations, in seconds. */
export const secondsBounds: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

/** The upper bounds for durations far below that of a call. */
export const shortSecondsBounds: readonly number[] = [0.00005, 0.0001, 0.00025, 0.0005, ...secondsBounds];

/** The upper bounds of buckets for sizes, in bytes. */
export const bytesBounds: readonly number[] = [
  256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216,
];

/**
 * A histogram. prom-client's takes longer to observe a value than reading a small request does, as it looks buckets up
 * by name.
 */
export class Histogram {
  readonly #bounds: readonly number[];
  /** The number of values in each bucket (not cumulative); the last bucket has no bound. */
  readonly #counts: number[];
  /** The latest traced call of each bucket; undefined before the first. */
  #exemplars: (Exemplar | undefined)[] | undefined;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
  }

  /** @param traceId of the call that the value is of, where it is traced */
  add(value: number, traceId?: string): void {
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    this.#counts[bucket]!++;
    this.#sum += value;
    if (traceId === undefined) return;
    this.#exemplars ??= new Array<Exemplar | undefined>(bounds.length + 1).fill(undefined);
    this.#exemplars[bucket] = { traceId, value, timestampMs: Date.now() };
  }

  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** The lines of the exposition, cumulative buckets first. */
  lines(name: string, labels: string, format: MetricFormat): string {
    const more = labels === "" ? "" : `,${labels}`;
    const alone = labels === "" ? "" : `{${labels}}`;
    let count = 0;
    const buckets = this.#counts.map((inBucket, i) => {
      count += inBucket;
      const exemplar = format === "openmetrics" ? exemplarOf(this.#exemplars?.[i]) : "";
      return `${name}_bucket{le="${this.#bounds[i] ?? "+Inf"}"${more}} ${count}${exemplar}\n`;
    });
    return `${buckets.join("")}${name}_sum${alone} ${this.#sum}\n${name}_count${alone} ${count}\n`;
  }
}

function exemplarOf(exemplar: Exemplar | undefined): string {
  if (exemplar === undefined) return "";
  return ` # {trace_id="${exemplar.traceId}"} ${exemplar.value} ${exemplar.timestampMs / 1000}`;
}
