import { yieldIfBusy } from "../../base/yield-if-busy.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import { qualityOf } from "../accepts.ts";

/** The format of metrics: the text format of Prometheus, or OpenMetrics, which can contain exemplars. */
export type MetricFormat = "text" | "openmetrics";

const contentTypes: Readonly<Record<MetricFormat, string>> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** The name, help and type of a metric. The name of a counter ends in `_total`. */
export interface MetricHead {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
}

/** A sample of a metric: its labels as they are written, `a="1",b="2"`, and its value. */
export type Sample = readonly [labels: string, value: number];

/** A metric with few series, whose values are read on each scrape. */
export type PlainMetric =
  | (MetricHead & { readonly type: "counter" | "gauge"; readonly samples: () => Iterable<Sample> })
  | (MetricHead & { readonly type: "histogram"; readonly lines: (name: string, format: MetricFormat) => string });

/** A gauge, of one series or of several. */
export function gauge(name: string, help: string, read: () => number | Iterable<Sample>): PlainMetric {
  return { name, type: "gauge", help, samples: () => samplesOf(read()) };
}

/** A counter, of one series or of several. */
export function counter(name: string, help: string, read: () => number | Iterable<Sample>): PlainMetric {
  return { name, type: "counter", help, samples: () => samplesOf(read()) };
}

function samplesOf(values: number | Iterable<Sample>): Iterable<Sample> {
  return typeof values === "number" ? [["", values]] : values;
}

/** A sample for each value of a label. */
export function samplesBy(label: string, counts: Iterable<readonly [value: string, count: number]>): Sample[] {
  return Array.from(counts, ([value, count]) => [labelsOf({ [label]: value }), count]);
}

/** How many items are written before others may get their turn. */
const itemsAtOnce = 10;

/** An answer of `/metrics`, written in parts, so that calls do not have to wait for the lines of all models. */
export class Exposition {
  readonly format: MetricFormat;
  readonly #parts: Buffer[] = [];

  constructor(format: MetricFormat) {
    this.format = format;
  }

  /** Adds a metric with the lines of each item. */
  async add<Item>(head: MetricHead, items: readonly Item[], linesOf: (item: Item) => string): Promise<void> {
    this.#parts.push(Buffer.from(this.#head(head)));
    for (let i = 0; i < items.length; i += itemsAtOnce) {
      this.#parts.push(
        Buffer.from(
          items
            .slice(i, i + itemsAtOnce)
            .map(linesOf)
            .join(""),
        ),
      );
      const pause = yieldIfBusy();
      if (pause !== undefined) await pause;
    }
  }

  addPlain(metric: PlainMetric): void {
    const lines =
      metric.type === "histogram"
        ? metric.lines(metric.name, this.format)
        : Array.from(metric.samples(), ([labels, value]) => sampleLine(metric.name, labels, value)).join("");
    this.#parts.push(Buffer.from(this.#head(metric) + lines));
  }

  /** Adds what prom-client has written, which is in the text format. */
  addText(text: string): void {
    const lines = text.split("\n").filter((line) => line !== "");
    const written =
      this.format === "text" ? lines : lines.map((line) => line.replace(/^(# (?:HELP|TYPE) \S+)_total /, "$1 "));
    this.#parts.push(Buffer.from(`${written.join("\n")}\n`));
  }

  /** Everything that was added. Must be called last. */
  end(): { readonly contentType: string; readonly body: Uint8Array } {
    if (this.format === "openmetrics") this.#parts.push(Buffer.from("# EOF\n"));
    return { contentType: contentTypes[this.format], body: Buffer.concat(this.#parts) };
  }

  /** OpenMetrics names the family of a counter without `_total`. */
  #head({ name, type, help }: MetricHead): string {
    const family = this.format === "openmetrics" && type === "counter" ? name.replace(/_total$/, "") : name;
    return `# HELP ${family} ${help}\n# TYPE ${family} ${type}\n`;
  }
}

export function sampleLine(name: string, labels: string, value: number): string {
  return labels === "" ? `${name} ${value}\n` : `${name}{${labels}} ${value}\n`;
}

/** The labels of a model. All names are DNS labels, so nothing needs to be escaped. */
export function modelLabels({ name, namespace }: Pick<RegisteredModel, "name" | "namespace">): string {
  return `model="${name}",namespace="${namespace}"`;
}

/** Labels with any values. Those that are undefined are left out. */
export function labelsOf(values: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(values)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}="${escaped(value)}"`]))
    .join(",");
}

const escapes: Readonly<Record<string, string>> = { "\\": "\\\\", '"': '\\"', "\n": "\\n" };

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => escapes[character]!);
}

/** The format that a scraper prefers by its `accept`: OpenMetrics only where it asks for it more than for text. */
export function metricFormatOf(accept: string | undefined): MetricFormat {
  const openMetrics = qualityOf(accept, "application/openmetrics-text");
  return openMetrics > 0 && openMetrics >= qualityOf(accept, "text/plain") ? "openmetrics" : "text";
}
