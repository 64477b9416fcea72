/** The chart's alerts: what a real process measured of a scenario, replayed to promtool as if it went on for an hour. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { type ControllerState, controllerMetrics } from "../../src/api/metrics/controller-metrics.ts";
import { createExpose } from "../../src/api/metrics/metrics.ts";
import { readPage } from "../docs/snippets.ts";
import { run } from "../peers/support/run.ts";
import { makeCertificate, temporaryFolder } from "../support/certificates.ts";
import { answer, delayed, predict as predictAnswer, reset } from "../support/fake-upstream.ts";
import { send } from "../support/http-client.ts";
import { metricsIn, readMetrics } from "../support/metric-lines.ts";
import { bodyWith } from "../support/predict-forms.ts";
import { model, type RunningService, startRegistry } from "../support/running-service.ts";
import { until } from "../support/until.ts";
import { only, render } from "./support/chart.ts";
import { programs } from "./support/paths.ts";

type Metrics = ReadonlyMap<string, number>;
interface Rule {
  readonly alert: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<string, string>>;
}

const runbookUrl = "https://git.example/docs/TROUBLESHOOTING.md";
type Spec = { groups: { rules: Rule[] }[] };

/** The rules of the chart, with thresholds and values of one's own. */
async function rulesOf(thresholds: object = {}, values: object = {}): Promise<Spec> {
  const metrics = { prometheusRule: { enabled: true, runbookUrl, thresholds } };
  return only<{ spec: Spec }>(await render({ metrics, ...values }), "PrometheusRule").spec;
}

const spec = await rulesOf();
const withController = await rulesOf({}, { controller: { enabled: true } });
const rules = withController.groups.flatMap((group) => group.rules);
const folder = mkdtempSync(join(tmpdir(), "kserve-model-registry-alerts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const predict = async ({ url }: RunningService, times: number): Promise<void> => {
  for (let i = 0; i < times; i++) {
    await send("1.1", { url, path: `/v1/models/${model}:predict`, body: bodyWith(1) });
  }
};

/** What Prometheus adds of the pod, where the metric has no such label of its own. */
function scraped(series: string, pod: string, job = "kserve-model-registry"): string {
  const [, name, labels = ""] = /^([^{]+)(?:\{(.*)\})?$/.exec(series)!;
  const own = [
    `job="${job}"`,
    `pod="${pod}"`,
    ...(/(^|,)namespace=/.test(labels) ? [] : [`namespace="self-healing-platform"`]),
  ];
  return `${name}{${[...own, labels].filter((part) => part !== "").join(",")}}`;
}

/**
 * The series of a pod that goes on for some minutes, of an hour where nothing else is said, as it did between two looks at it.
 * The clock of a replay begins at 0, so that points in time are told from now on.
 */
function replayed(before: Metrics, after: Metrics, pod: string, { job, from = 0, minutes = 60 }: Replay = {}) {
  const pause = from === 0 ? "" : `_x${from} `;
  return [...after]
    .filter(([series]) => /^(kserve_|nodejs_eventloop_lag_p99|process_resident)/.test(series))
    .map(([series, value]) => {
      const rise = /_(total|bucket|sum|count)(\{|$)/.test(series) ? value - (before.get(series) ?? 0) : 0;
      const first = /_timestamp_seconds(\{|$)/.test(series) ? value - Date.now() / 1000 : value;
      return { series: scraped(series, pod, job), values: `${pause}${first}+${Math.max(0, rise)}x${minutes} stale` };
    });
}

/** When a pod is there, in minutes. */
interface Replay {
  readonly job?: string;
  readonly from?: number;
  readonly minutes?: number;
}

/** The alerts that are on at some of these minutes: after half an hour where nothing is said. */
async function firing(series: readonly object[], minutes: readonly number[] = [30], ofRules = spec): Promise<string[]> {
  const file = join(folder, "test.yaml");
  writeFileSync(join(folder, "rules.yaml"), stringify(ofRules));
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
  const output = stdout + stderr;
  expect(output).not.toMatch(/error|parse|unmarshal/i);
  // Nothing is expected, so that what is there is what it complains of.
  return [...new Set([...output.matchAll(/alertname="(\w+)"/g)].map(([, alert]) => alert!))].sort();
}

const up = (pod: string, values = "1x120"): object => ({
  series: `up{job="kserve-model-registry",namespace="self-healing-platform",pod="${pod}"}`,
  values,
});

/** What there is besides the metrics of the process, and how alerts are judged. */
interface Judged {
  /** Default: its pod is up. */
  readonly more?: readonly object[];
  readonly minutes?: readonly number[];
  readonly rules?: Spec;
  /** Metrics that the process would have elsewhere, such as the limit of a container's memory. */
  readonly elsewhere?: (measured: Metrics) => Metrics;
}

/** Plays a scenario against a real process, and returns the alerts that its metrics raise. */
async function alertsOf(
  scenario: (service: RunningService) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
  { more = [up("a")], minutes, rules, elsewhere = (measured) => measured }: Judged = {},
): Promise<string[]> {
  const service = await startRegistry({ env });
  await predict(service, 1);
  const before = await readMetrics(service.url);
  await scenario(service);
  const after = elsewhere(await readMetrics(service.url));
  return await firing([...replayed(before, after, "a", { minutes: 120 }), ...more], minutes, rules);
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
    expect(await alertsOf(async () => {}, {}, { more: [up("a"), ...alternating] })).toEqual(["KServeModelNotServed"]);
  });

  it("by a source that is stale on one replica of two", async () => {
    const stale = {
      series: scraped('kserve_registry_source_up{source="environment"}', "b"),
      values: "0x60",
    };
    expect(await alertsOf(async () => {}, {}, { more: [up("a"), up("b"), stale] })).toEqual(["KServeModelSourceStale"]);
  });

  it("by pods that cannot be scraped, one or all", async () => {
    expect(await alertsOf(async () => {}, {}, { more: [up("a"), up("b", "0x60")] })).toEqual([
      "KServeModelRegistryTargetDown",
    ]);
    expect(await firing([])).toEqual(["KServeModelRegistryDown", "KServeModelRegistryEmpty"]);
  });
});

describe("an alert of the process is raised", () => {
  it("by predictions that take long", async () => {
    const slow = async (service: RunningService): Promise<void> => {
      service.upstream.onPredict(model, delayed(150, predictAnswer([1])));
      await predict(service, 5);
    };
    expect(await alertsOf(slow, {}, { rules: await rulesOf({ slowSeconds: 0.1 }) })).toEqual(["KServeModelSlow"]);
  });

  it("by an entry that is refused", async () => {
    const modelsFile = join(folder, "models.yaml");
    writeFileSync(modelsFile, "- {name: good, service: s, type: anomaly}\n- {name: bad, service: s, type: odd}\n");
    expect(await alertsOf(async () => {}, { KSERVE_MODELS_FILE: modelsFile })).toEqual(["KServeModelEntriesRefused"]);
  });

  it("by an event loop that is behind", async () => {
    const busy = async (): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        const end = performance.now() + 300;
        while (performance.now() < end);
        await sleep(20);
      }
    };
    expect(await alertsOf(busy)).toEqual(["KServeModelRegistryBusy"]);
  });

  it("by memory that is near its limit, and by none that is far from it", async () => {
    const limited = (share: number) => (measured: Metrics) => {
      const used = measured.get("process_resident_memory_bytes")!;
      return new Map([...measured, ["kserve_registry_memory_limit_bytes", used / share]]);
    };
    const alerts = (share: number) => alertsOf(async () => {}, {}, { elsewhere: limited(share) });
    expect(await alerts(0.95)).toEqual(["KServeModelRegistryMemory"]);
    expect(await alerts(0.5)).toEqual([]);
  });

  it("by a certificate that ends soon", async () => {
    const { certFile, keyFile } = makeCertificate(temporaryFolder(), "soon");
    const env = { KSERVE_CLIENT_CERT_FILE: certFile, KSERVE_CLIENT_KEY_FILE: keyFile };
    expect(await alertsOf(async () => {}, env, { minutes: [90] })).toEqual(["KServeModelRegistryCertificateEnds"]);
    const short = await rulesOf({ certificateDays: 1 });
    expect(await alertsOf(async () => {}, env, { minutes: [90], rules: short })).toEqual([]);
  });

  it("by an issuer of tokens that does not answer", async () => {
    const oidc = { AUTH_MODE: "oidc", OIDC_ISSUER: "http://127.0.0.1:1", OIDC_AUDIENCE: "models" };
    const asked = async ({ url }: RunningService): Promise<void> => {
      const headers = { authorization: "Bearer a.b.c" };
      for (let i = 0; i < 30; i++) await send("1.1", { url, path: `/v1/models/${model}:predict`, headers, body: "{}" });
    };
    const env = { ...oidc, AUTH_OPEN: "health,metrics" };
    expect(await alertsOf(asked, env)).toEqual(["KServeModelAccessChecksFail"]);
  });

  it("by a database that is away", async () => {
    const env = { DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" };
    expect(await alertsOf(async () => {}, env)).toEqual(["KServeModelVersionsDatabaseDown"]);
  });

  it("by a source of the catalog that cannot be read, and by a list of sources that cannot", async () => {
    const file = join(folder, "sources.yaml");
    const sources = "catalogs:\n  - {name: a, id: a, type: yaml, properties: {yamlCatalogPath: none.yaml}}\n";
    writeFileSync(file, sources);
    const broken = async ({ url }: RunningService): Promise<void> => {
      writeFileSync(file, `${sources}  - [`);
      await until(async () => (await readMetrics(url)).get("kserve_registry_catalog_configuration_up") === 0);
    };
    expect(await alertsOf(broken, { CATALOG_SOURCES: file })).toEqual([
      "KServeModelCatalogConfigurationRefused",
      "KServeModelCatalogSourceFails",
    ]);
  });

  it("by a controller that does not lead, is not there, or cannot write", async () => {
    const job = "kserve-model-registry-controller-metrics";
    const metricsOf = async (state: Partial<ControllerState>): Promise<Metrics> => {
      const whole = {
        leading: true,
        registrations: 2,
        statusesWaiting: 0,
        statuses: { written: 0, failed: 0 },
        ...state,
      };
      const { body } = await createExpose(controllerMetrics(() => whole))("text");
      return metricsIn(Buffer.from(body).toString());
    };
    const server = await startRegistry();
    const serving = await readMetrics(server.url);
    const alerts = async (before: Partial<ControllerState>, after: Partial<ControllerState>): Promise<string[]> => {
      const controller = replayed(await metricsOf(before), await metricsOf(after), "c", { job });
      return firing([up("a"), ...replayed(serving, serving, "a"), ...controller], [30], withController);
    };
    expect(await alerts({}, {})).toEqual([]);
    expect(await alerts({ leading: false }, { leading: false })).toEqual(["KServeModelRegistryNoLeader"]);
    expect(await alerts({}, { statusesWaiting: 2, statuses: { written: 0, failed: 5 } })).toEqual([
      "KServeModelRegistryStatusesNotWritten",
    ]);
    expect(await firing([up("a"), ...replayed(serving, serving, "a")], [30], withController)).toEqual([
      "KServeModelRegistryNoLeader",
    ]);
  });
});

describe("no alert is raised", () => {
  const always = [5, 10, 15, 20, 25, 30, 35, 40, 45, 50];

  it("by a rollout, and by pods that drain", async () => {
    const service = await startRegistry();
    await predict(service, 30);
    const metrics = await readMetrics(service.url);
    const draining = new Map([...metrics, ["kserve_registry_draining", 1]]);
    const ofPods = [
      { pod: "a", from: 0, minutes: 20 },
      { pod: "b", from: 0, minutes: 22 },
      { pod: "c", from: 20, minutes: 40 },
      { pod: "d", from: 22, minutes: 38 },
    ].flatMap(({ pod, from, minutes }) => [
      up(pod, `${from === 0 ? "" : `_x${from} `}1x${minutes} stale`),
      ...replayed(metrics, from === 0 ? draining : metrics, pod, { from, minutes }),
    ]);
    expect(await firing(ofPods, always)).toEqual([]);
  });

  it("by a model that failed until it was removed", async () => {
    const service = await startRegistry();
    service.upstream.onPredict(model, answer(500, { error: "X" }));
    await predict(service, 1);
    const before = await readMetrics(service.url);
    await predict(service, 30);
    const failing = replayed(before, await readMetrics(service.url), "a", { minutes: 8 });
    const others = await startRegistry({ models: [{ name: "other" }] });
    const rest = await readMetrics(others.url);
    expect(
      await firing(
        [up("a"), ...failing.filter(({ series }) => series.includes(model)), ...replayed(rest, rest, "a")],
        always,
      ),
    ).toEqual([]);
  });

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
