import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { controllerMetrics } from "../../src/api/metrics/controller-metrics.ts";
import { createExpose } from "../../src/api/metrics/metrics.ts";
import { output } from "../peers/support/run.ts";
import { makeCertificate, temporaryFolder } from "../support/certificates.ts";
import { send } from "../support/http-client.ts";
import { readMetrics } from "../support/metric-lines.ts";
import { model, startRegistry } from "../support/running-service.ts";
import { startBuiltProgram } from "./support/built-program.ts";
import { only, render } from "./support/chart.ts";
import { programs, projectDir } from "./support/paths.ts";

const metrics = {
  serviceMonitor: { enabled: true },
  prometheusRule: { enabled: true },
  grafanaDashboard: { enabled: true },
};

interface Rules {
  readonly spec: { readonly groups: readonly { readonly rules: readonly { alert: string; expr: string }[] }[] };
}

interface Dashboard {
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly query: { query: string } | string }[];
  };
  readonly panels: readonly {
    readonly title: string;
    readonly gridPos: { readonly x: number; readonly y: number };
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

async function expressions(): Promise<[name: string, expression: string][]> {
  const objects = await render({ metrics, controller: { enabled: true } });
  const rules = only<Rules>(objects, "PrometheusRule").spec.groups.flatMap((group) => group.rules);
  const data = only<{ data: Record<string, string> }>(objects, "ConfigMap", "kserve-model-registry-dashboard").data;
  const { panels, templating } = JSON.parse(data["kserve-model-registry.json"]!) as Dashboard;
  return [
    ...templating.list.flatMap(({ name, query }): [string, string][] => {
      const asked = typeof query === "string" ? undefined : /^label_values\((.+), \w+\)$/.exec(query.query)?.[1];
      return asked === undefined ? [] : [[name, asked]];
    }),
    ...rules.map(({ alert, expr }): [string, string] => [alert, expr]),
    ...panels.flatMap(({ title, targets }) => targets.map(({ expr }): [string, string] => [title, expr])),
  ];
}

/** Parses expressions with the grammar of Prometheus; a variable of Grafana stands for a duration or a text. */
const parser = `
import json, sys, promql_parser
for name, expression in json.load(sys.stdin):
    try: promql_parser.parse(expression.replace("$__rate_interval", "5m"))
    except ValueError as error: print(name, error)`;

it("the page alone counts its calls, measures the process, and logs what fails", async () => {
  const registry = await startRegistry();
  const page = await startBuiltProgram(["ui", "--registry", registry.url], {});
  onTestFinished(async () => void (await page.stop()));
  const statuses: number[] = [];
  for (const path of ["/ui/", "/api/v1/models", "/nothing", "/readyz"]) {
    statuses.push((await send("1.1", { url: page.url, path })).status);
  }
  expect(statuses).toEqual([200, 200, 404, 200]);
  const metrics = await readMetrics(page.url);
  const counted = [...metrics].filter(([series]) => series.startsWith("kserve_registry_calls_total"));
  expect(counted).toEqual([
    ['kserve_registry_calls_total{method="GET /ui/{path}",protocol="http",outcome="200"}', 1],
    ['kserve_registry_calls_total{method="call of the page",protocol="http",outcome="200"}', 1],
    ['kserve_registry_calls_total{method="unknown",protocol="http",outcome="404"}', 1],
    ['kserve_registry_calls_total{method="unknown",protocol="http",outcome="200"}', 1],
  ]);
  for (const name of ["draining", "heap_limit_bytes", "log_lines_dropped_total"]) {
    expect(metrics.has(`kserve_registry_${name}`)).toBe(true);
  }
  expect(page.output()).toMatch(/"outcome":"404".*"msg":"call"/);
});

describe("what the chart gives Prometheus and Grafana", () => {
  it("is good PromQL", async () => {
    const all = await expressions();
    expect(all.length).toBeGreaterThan(15);
    expect(await output(programs.python, ["-c", parser], { stdin: JSON.stringify(all) })).toBe("");
    expect(await output(programs.python, ["-c", parser], { stdin: '[["bad", "sum(by"]]' })).toContain("bad");
  });

  it("asks for metrics and labels that the server has", async () => {
    const { certFile, keyFile } = makeCertificate(temporaryFolder(), "shown");
    const { url } = await startRegistry({
      env: {
        DATABASE_URL: "sqlite::memory:",
        CATALOG_SOURCES: join(projectDir, "test/catalog/fixture/sources.yaml"),
        KSERVE_CLIENT_CERT_FILE: certFile,
        KSERVE_CLIENT_KEY_FILE: keyFile,
        OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1",
      },
    });
    await send("1.1", { url, path: `/v1/models/${model}:predict`, body: '{"instances":[[1]]}' });
    const statuses = { written: 0, failed: 0 };
    const controller = controllerMetrics(() => ({ leading: true, registrations: 0, statusesWaiting: 0, statuses }));
    const ofController = await createExpose(controller)("text");
    const body = (await send("1.1", { url, path: "/metrics" })).body + Buffer.from(ofController.body).toString();
    // A counter of errors has no series before the first one; its declaration is enough for the name.
    const declared = new Map(
      [...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type === "histogram"]),
    );
    const known = (name: string): boolean =>
      declared.has(name) || (/_(bucket|sum)$/.test(name) && declared.get(name.replace(/_(bucket|sum)$/, "")) === true);
    const asked = (await expressions()).flatMap(
      ([, expr]) => expr.match(/\b(kserve|nodejs|process)_[a-z0-9_]+/g) ?? [],
    );
    expect(asked.length).toBeGreaterThan(15);
    expect(asked.filter((name) => !known(name))).toEqual([]);
    expect(body).toMatch(/^kserve_registry_model_state\{model="[^"]+",namespace="[^"]+",state="unreachable"\} 0$/m);
  });

  it("keeps the namespace of a model apart from that of the pod", async () => {
    const { spec } = only<{ spec: { endpoints: object[] } }>(await render({ metrics }), "ServiceMonitor");
    expect(spec.endpoints).toEqual([
      expect.objectContaining({ port: "http-api", path: "/metrics", honorLabels: true }),
    ]);
  });

  it("lays the panels out side by side", async () => {
    const objects = await render({ metrics });
    const data = only<{ data: Record<string, string> }>(objects, "ConfigMap", "kserve-model-registry-dashboard").data;
    const { panels } = JSON.parse(data["kserve-model-registry.json"]!) as Dashboard;
    expect(new Set(panels.map(({ gridPos: { x, y } }) => `${x} ${y}`)).size).toBe(panels.length);
  });
});
