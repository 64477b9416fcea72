/** The chart's alerts: what a real process measured of a scenario, replayed to promtool as if it went on for an hour. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { readPage } from "../docs/snippets.ts";
import { run } from "../peers/support/run.ts";
import { answer, reset } from "../support/fake-upstream.ts";
import { send } from "../support/http-client.ts";
import { readMetrics } from "../support/metric-lines.ts";
import { bodyWith } from "../support/predict-forms.ts";
import { model, type RunningService, startRegistry } from "../support/running-service.ts";
import { only, render } from "./support/chart.ts";
import { programs } from "./support/paths.ts";

type Metrics = ReadonlyMap<string, number>;
interface Rule {
  readonly alert: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<string, string>>;
}

const runbookUrl = "https://git.example/docs/TROUBLESHOOTING.md";
const spec = only<{ spec: { groups: { rules: Rule[] }[] } }>(
  await render({ metrics: { prometheusRule: { enabled: true, runbookUrl } } }),
  "PrometheusRule",
).spec;
const rules = spec.groups.flatMap((group) => group.rules);
const folder = mkdtempSync(join(tmpdir(), "kserve-model-registry-alerts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const predict = async ({ url }: RunningService, times: number): Promise<void> => {
  for (let i = 0; i < times; i++) {
    await send("1.1", { url, path: `/v1/models/${model}:predict`, body: bodyWith(1) });
  }
};

/** What Prometheus adds of the pod, where the metric has no such label of its own. */
function scraped(series: string, pod: string): string {
  const [, name, labels = ""] = /^([^{]+)(?:\{(.*)\})?$/.exec(series)!;
  const own = [
    `job="kserve-model-registry"`,
    `pod="${pod}"`,
    ...(/(^|,)namespace=/.test(labels) ? [] : [`namespace="self-healing-platform"`]),
  ];
  return `${name}{${[...own, labels].filter((part) => part !== "").join(",")}}`;
}

/** The series of a pod that goes on for an hour, a minute at a time, as it did between two looks at it. */
function replayed(before: Metrics, after: Metrics, pod: string) {
  return [...after]
    .filter(([series]) => /^(kserve_|nodejs_eventloop_lag_p99)/.test(series))
    .map(([series, value]) => {
      const rise = /_(total|bucket|sum|count)(\{|$)/.test(series) ? value - (before.get(series) ?? 0) : 0;
      return { series: scraped(series, pod), values: `${value}+${Math.max(0, rise)}x60` };
    });
}

/** The alerts that are on after half an hour. */
async function firing(series: readonly object[]): Promise<string[]> {
  const file = join(folder, "test.yaml");
  writeFileSync(join(folder, "rules.yaml"), stringify(spec));
  const name = 'ALERTS{alertstate="firing"}';
  const test = {
    rule_files: ["rules.yaml"],
    evaluation_interval: "1m",
    tests: [
      {
        interval: "1m",
        input_series: series,
        promql_expr_test: [{ expr: `count by (alertname) (${name})`, eval_time: "30m", exp_samples: [] }],
      },
    ],
  };
  writeFileSync(file, stringify(test));
  const { stdout, stderr } = await run(programs.promtool, ["test", "rules", file]);
  const output = stdout + stderr;
  expect(output).not.toMatch(/error|parse|unmarshal/i);
  // Nothing is expected, so that what is there is what it complains of.
  return [...new Set([...output.matchAll(/alertname="(\w+)"/g)].map(([, alert]) => alert!))].sort();
}

const up = (pod: string, values = "1x60"): object => ({
  series: `up{job="kserve-model-registry",namespace="self-healing-platform",pod="${pod}"}`,
  values,
});

/** Plays a scenario against a real process, and returns the alerts that its metrics raise. */
async function alertsOf(
  scenario: (service: RunningService) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
  more: readonly object[] = [up("a")],
): Promise<string[]> {
  const service = await startRegistry({ env });
  await predict(service, 1);
  const before = await readMetrics(service.url);
  await scenario(service);
  return await firing([...replayed(before, await readMetrics(service.url), "a"), ...more]);
}

describe("every alert", () => {
  it("has a severity, a summary, and a section of its own in the runbook", () => {
    const page = readPage("docs/TROUBLESHOOTING.md");
    expect(rules.length).toBeGreaterThan(8);
    for (const { alert, labels, annotations } of rules) {
      expect(["critical", "warning", "info"]).toContain(labels.severity);
      expect(annotations.summary).not.toBe("");
      expect(annotations.runbook_url).toBe(`${runbookUrl}#${alert.toLowerCase()}`);
      expect(page).toContain(`\n### ${alert}\n`);
    }
  });
});

describe("an alert is raised", () => {
  it("by a model that fails, also where its breaker is what refuses", async () => {
    const failing = await alertsOf(async (service) => {
      service.upstream.onPredict(model, answer(500, { error: "X" }));
      await predict(service, 30);
    });
    expect(failing).toEqual(["KServeModelFails"]);
    const dropping = await alertsOf(async (service) => {
      service.upstream.onPredict(model, reset());
      await predict(service, 30);
    });
    expect(dropping).toEqual(["KServeModelFails"]);
  });

  it("by a limit that refuses", async () => {
    const refused = async (service: RunningService): Promise<void> => {
      await Promise.all(Array.from({ length: 40 }, () => predict(service, 1)));
    };
    expect(await alertsOf(refused, { KSERVE_MAX_IN_FLIGHT: "1", KSERVE_MAX_QUEUED: "0" })).toEqual([
      "KServeModelRefusesCalls",
    ]);
  });

  it("by a model that alternates between not ready and unreachable", async () => {
    const state = (name: string, values: string): object => ({
      series: scraped(`kserve_registry_model_state{model="m",namespace="ns",state="${name}"}`, "a"),
      values,
    });
    const alternating = [state("not-ready", "1 0 ".repeat(30).trim()), state("unreachable", "0 1 ".repeat(30).trim())];
    expect(await alertsOf(async () => {}, {}, [up("a"), ...alternating])).toEqual(["KServeModelNotServed"]);
  });

  it("by a source that is stale on one replica of two", async () => {
    const stale = {
      series: scraped('kserve_registry_source_up{source="environment"}', "b"),
      values: "0x60",
    };
    expect(await alertsOf(async () => {}, {}, [up("a"), up("b"), stale])).toEqual(["KServeModelSourceStale"]);
  });

  it("by pods that cannot be scraped, one or all", async () => {
    expect(await alertsOf(async () => {}, {}, [up("a"), up("b", "0x60")])).toEqual(["KServeModelRegistryTargetDown"]);
    expect(await firing([])).toEqual(["KServeModelRegistryDown", "KServeModelRegistryEmpty"]);
  });
});

describe("no alert is raised", () => {
  it("by callers' mistakes, nor by a single failure of a quiet model", async () => {
    const mistaken = async (service: RunningService): Promise<void> => {
      for (let i = 0; i < 30; i++) {
        await send("1.1", { url: service.url, path: `/v1/models/${model}:predict`, body: '{"instances":[]}' });
      }
    };
    expect(await alertsOf(mistaken)).toEqual([]);
    const quiet = async (service: RunningService): Promise<void> => {
      service.upstream.onPredict(model, answer(500, { error: "X" }));
      await predict(service, 1);
    };
    expect(await alertsOf(quiet)).toEqual([]);
  });
});
