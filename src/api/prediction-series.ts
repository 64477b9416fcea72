import type { RegisteredModel } from "../registry/model.ts";
import type { Registry } from "../registry/registry.ts";
import { linesInTurns } from "./lines-in-turns.ts";

/** Where the buckets of the histogram end, in seconds. */
const bounds: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What has been seen of one model. */
interface Series {
  readonly name: string;
  readonly namespace: string;
  /** How many took up to each bound and longer than the one before; the last has no bound. */
  readonly counts: number[];
  sum: number;
}

/**
 * How many predictions each model had, and how long they took. Counted here and not by prom-client, which takes longer
 * for it than reading a small request does: it finds a bucket under its bound as a name.
 */
export class PredictionSeries {
  readonly #registry: Registry;
  readonly #byName = new Map<string, Series>();
  /** Entries that change are new objects; they go on with the series of their name. */
  readonly #byModel = new WeakMap<RegisteredModel, Series>();

  constructor(registry: Registry) {
    this.#registry = registry;
    // Series of a model that is gone would stay forever otherwise.
    registry.subscribe((changes) => {
      for (const { kind, model } of changes) if (kind === "removed") this.#byName.delete(model.name);
    });
  }

  observe(model: RegisteredModel, seconds: number): void {
    const series = this.#byModel.get(model) ?? this.#of(model);
    let bucket = 0;
    while (bucket < bounds.length && seconds > bounds[bucket]!) bucket++;
    series.counts[bucket]!++;
    series.sum += seconds;
  }

  /** Everything, in the text format of Prometheus. */
  async expose(): Promise<readonly Buffer[]> {
    const all = [...this.#byName.values()];
    return [
      head("kserve_inference_requests_total", "counter", "Predictions of registered models, whatever came of them."),
      ...(await linesInTurns(all, (series) => `kserve_inference_requests_total{${labels(series)}} ${total(series)}\n`)),
      head(
        "kserve_inference_latency",
        "histogram",
        "Seconds from a checked call to its answer, with the model server's time.",
      ),
      ...(await linesInTurns(all, histogramOf)),
      Buffer.from("\n"),
    ];
  }

  #of(model: RegisteredModel): Series {
    const { name, namespace } = model;
    let series = this.#byName.get(name);
    if (series === undefined || series.namespace !== namespace) {
      series = { name, namespace, counts: new Array<number>(bounds.length + 1).fill(0), sum: 0 };
      // A prediction may end when its model is gone.
      if (this.#registry.get(name) !== undefined) this.#byName.set(name, series);
    }
    this.#byModel.set(model, series);
    return series;
  }
}

function head(name: string, type: string, help: string): Buffer {
  return Buffer.from(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`);
}

/** Names are DNS labels, of clusters, too: nothing in them needs to be escaped. */
function labels({ name, namespace }: Series): string {
  return `model="${name}",namespace="${namespace}"`;
}

function total({ counts }: Series): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function histogramOf(series: Series): string {
  const name = "kserve_inference_latency";
  const own = labels(series);
  let count = 0;
  const buckets = series.counts.map((more, i) => {
    count += more;
    return `${name}_bucket{le="${bounds[i] ?? "+Inf"}",${own}} ${count}\n`;
  });
  return `${buckets.join("")}${name}_sum{${own}} ${series.sum}\n${name}_count{${own}} ${count}\n`;
}
