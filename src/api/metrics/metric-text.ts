import { yieldIfBusy } from "../../base/yield-if-busy.ts";
import type { RegisteredModel } from "../../registry/model.ts";

/** What a metric is called, and what it is. */
export interface MetricHead {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
}

/** After so many items it is seen whether others should go first. */
const itemsAtOnce = 50;

/** A metric in the text format of Prometheus, in parts, so that a call never has to wait for the lines of all items. */
export async function metricText<Item>(
  { name, type, help }: MetricHead,
  items: readonly Item[],
  linesOf: (item: Item) => string,
): Promise<readonly Buffer[]> {
  const parts = [Buffer.from(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`)];
  for (let i = 0; i < items.length; i += itemsAtOnce) {
    const lines = items.slice(i, i + itemsAtOnce).map(linesOf);
    parts.push(Buffer.from(lines.join("")));
    const pause = yieldIfBusy();
    if (pause !== undefined) await pause;
  }
  parts.push(Buffer.from("\n"));
  return parts;
}

/** The labels that tell models apart. Names are DNS labels, of clusters, too: nothing in them needs to be escaped. */
export function modelLabels({ name, namespace }: Pick<RegisteredModel, "name" | "namespace">): string {
  return `model="${name}",namespace="${namespace}"`;
}
