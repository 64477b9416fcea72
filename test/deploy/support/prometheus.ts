import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { stringify } from "yaml";
import { startInBackground } from "../../peers/support/background.ts";
import { send } from "../../support/http-client.ts";
import { programs } from "./paths.ts";

/** A series of an answer: its labels, and its value. */
export interface Queried {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A real Prometheus that reads the metrics of one address five times a second. Ended after the test. */
export interface Prometheus {
  /** What an expression is now. */
  query(expression: string): Promise<readonly Queried[]>;
  /** The trace ids that stand beside the values of a metric. */
  exemplars(metric: string): Promise<readonly string[]>;
}

export async function startPrometheus(target: string): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), "kserve-model-registry-prometheus-"));
  const configFile = join(folder, "prometheus.yaml");
  const job = { job_name: "registry", scrape_interval: "200ms", static_configs: [{ targets: [new URL(target).host] }] };
  writeFileSync(configFile, stringify({ scrape_configs: [{ ...job, scrape_timeout: "200ms" }] }));
  const server = await startInBackground({
    name: "prometheus",
    program: programs.prometheus,
    args: (port) => [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--enable-feature=exemplar-storage",
    ],
    readyPath: "/-/ready",
  });
  onTestFinished(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const ask = async (path: string, query: Readonly<Record<string, string>>): Promise<unknown> => {
    const { body } = await send("1.1", { url: server.url, path: `/api/v1/${path}?${new URLSearchParams(query)}` });
    const { status, data, error } = JSON.parse(body) as { status: string; data: unknown; error?: string };
    if (status !== "success") throw new Error(`Prometheus says: ${error}`);
    return data;
  };
  return {
    async query(expression) {
      const { result } = (await ask("query", { query: expression })) as {
        result: { metric: Record<string, string>; value: [number, string] }[];
      };
      return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
    },
    async exemplars(metric) {
      const [start, end] = [-600, 600].map((seconds) => String(Date.now() / 1000 + seconds));
      const series = (await ask("query_exemplars", { query: metric, start: start!, end: end! })) as {
        exemplars: { labels: Record<string, string> }[];
      }[];
      return series.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels.trace_id ?? ""));
    },
  };
}
