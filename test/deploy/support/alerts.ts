/** The chart's alerts, judged by promtool: what a real process measured, replayed as if it went on, so that minutes pass at once. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { stringify } from "yaml";
import { run } from "../../peers/support/run.ts";
import { only, render } from "./chart.ts";
import { programs } from "./paths.ts";

/** The values of series, by name and labels. */
export type Metrics = ReadonlyMap<string, number>;

export interface Rule {
  readonly alert: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<string, string>>;
}

/** What a PrometheusRule says. */
export interface RulesSpec {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
}

export const runbookUrl = "https://git.example/docs/TROUBLESHOOTING.md";

/** The rules of the chart, with thresholds and values of one's own. */
export async function rulesOf(thresholds: object = {}, values: object = {}): Promise<RulesSpec> {
  const metrics = { prometheusRule: { enabled: true, runbookUrl, thresholds } };
  return only<{ spec: RulesSpec }>(await render({ metrics, ...values }), "PrometheusRule").spec;
}

/** A series as promtool takes it. */
export interface Series {
  readonly series: string;
  readonly values: string;
}

const serverJob = "kserve-model-registry";
export const controllerJob = `${serverJob}-controller-metrics`;

/** What Prometheus adds of the pod, where the metric has no such label of its own. */
function scraped(series: string, pod: string, job: string): string {
  const [, name, labels = ""] = /^([^{]+)(?:\{(.*)\})?$/.exec(series)!;
  const own = [
    `job="${job}"`,
    `pod="${pod}"`,
    ...(/(^|,)namespace=/.test(labels) ? [] : [`namespace="self-healing-platform"`]),
  ];
  return `${name}{${[...own, labels].filter((part) => part !== "").join(",")}}`;
}

/** When a pod is there, in minutes, and what it is scraped as. */
export interface Replay {
  /** Default: the server's. */
  readonly job?: string;
  readonly from?: number;
  readonly minutes?: number;
  /** Whether the lag of its event loop is replayed. Default: false. */
  readonly lag?: boolean;
}

/** How far the event loop was behind is asked for by name: on a busy machine it is in every scenario. */
const isAsked = (series: string, lag = false): boolean =>
  (lag ? /^(kserve_|nodejs_eventloop_lag_p99)/ : /^(kserve_|nodejs_heap_space_size_used|process_resident)/).test(
    series,
  );

/**
 * The series of a pod that goes on for some minutes, of an hour where nothing else is said, as it did between two looks at it.
 * The clock of a replay begins at 0, so that points in time count from now on.
 */
export function replayed(before: Metrics, after: Metrics, pod: string, replay: Replay = {}): Series[] {
  const { job = serverJob, from = 0, minutes = 60, lag = false } = replay;
  const pause = from === 0 ? "" : `_x${from} `;
  return [...after]
    .filter(([series]) => isAsked(series, lag))
    .map(([series, value]) => {
      const rise = /_(total|bucket|sum|count)(\{|$)/.test(series) ? value - (before.get(series) ?? 0) : 0;
      const first = /_timestamp_seconds(\{|$)/.test(series) ? value - Date.now() / 1000 : value;
      return { series: scraped(series, pod, job), values: `${pause}${first}+${Math.max(0, rise)}x${minutes} stale` };
    });
}

/** The series of a pod that is seen in several conditions, one minute each, over and over for an hour. */
export function alternating(conditions: readonly Metrics[], pod: string): Series[] {
  const names = new Set(conditions.flatMap((metrics) => [...metrics.keys()]));
  return [...names]
    .filter((series) => isAsked(series))
    .map((series) => {
      const turn = conditions.map((metrics) => metrics.get(series) ?? "_").join(" ");
      return { series: scraped(series, pod, serverJob), values: `${turn} `.repeat(60 / conditions.length).trim() };
    });
}

/** What Prometheus says of a target itself: by default that it is up. */
export function up(pod: string, values = "1x120", job = serverJob): Series {
  return { series: `up{job="${job}",namespace="self-healing-platform",pod="${pod}"}`, values };
}

/** The alerts that are on at some of these minutes. */
export async function firing(
  series: readonly Series[],
  rules: RulesSpec,
  minutes: readonly number[] = [30],
): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "kserve-model-registry-alerts-"));
  const file = join(folder, "test.yaml");
  writeFileSync(join(folder, "rules.yaml"), stringify(rules));
  const name = 'ALERTS{alertstate="firing"}';
  const test = {
    rule_files: ["rules.yaml"],
    evaluation_interval: "1m",
    tests: [
      {
        interval: "1m",
        input_series: series,
        promql_expr_test: minutes.map((minute) => {
          return { expr: `count by (alertname) (${name})`, eval_time: `${minute}m`, exp_samples: [] };
        }),
      },
    ],
  };
  writeFileSync(file, stringify(test));
  const { stdout, stderr } = await run(programs.promtool, ["test", "rules", file]);
  rmSync(folder, { recursive: true, force: true });
  const output = stdout + stderr;
  expect(output).not.toMatch(/error|parse|unmarshal/i);
  // Nothing is expected, so that what is there is what it complains of.
  return [...new Set([...output.matchAll(/alertname="(\w+)"/g)].map(([, alert]) => alert!))].sort();
}
