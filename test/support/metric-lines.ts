import { send } from "./http-client.ts";

/** The series of `/metrics` by name and labels, with their values: `name{a="1"}` is 2. */
export async function readMetrics(url: string): Promise<ReadonlyMap<string, number>> {
  return metricsIn((await send("1.1", { url, path: "/metrics" })).body);
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
