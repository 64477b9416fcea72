import { send } from "./http-client.ts";
import { until } from "./until.ts";

/** The series of `/metrics` by name and labels, with their values: `name{a="1"}` is 2. */
export async function readMetrics(url: string): Promise<ReadonlyMap<string, number>> {
  return metricsIn((await send("1.1", { url, path: "/metrics" })).body);
}

/** The series of `/metrics`, once one of them has a value; fails when it has not within the limit. */
export async function metricsWhen(
  url: string,
  series: string,
  value: number,
  limitMs?: number,
): Promise<ReadonlyMap<string, number>> {
  let metrics: ReadonlyMap<string, number> = new Map();
  const hasValue = async (): Promise<boolean> => {
    metrics = await readMetrics(url);
    return metrics.get(series) === value;
  };
  await until(hasValue, `${series} is ${value}`, limitMs);
  return metrics;
}

/** The series of a text in the text format of Prometheus. */
function metricsIn(text: string): ReadonlyMap<string, number> {
  return new Map(
    text
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => {
        const space = line.lastIndexOf(" ");
        return [line.slice(0, space), Number(line.slice(space + 1))] as const;
      }),
  );
}
