/** The chart's alerts: what a real process measured of a scenario, replayed to promtool as if it went on for an hour. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { shippedFlags } from "../../measure/shipped-flags.ts";
import { readPage } from "../docs/snippets.ts";
import { makeCertificate, temporaryFolder } from "../support/certificates.ts";
import { startChildService } from "../support/child-service.ts";
import { answer, delayed, predict as predictAnswer, reset } from "../support/fake-upstream.ts";
import { send } from "../support/http-client.ts";
import { metricsWhen, readMetrics } from "../support/metric-lines.ts";
import { bodyWith } from "../support/predict-forms.ts";
import { model, type RunningService, startRegistry } from "../support/running-service.ts";
import { until } from "../support/until.ts";
import {
  alternating,
  firing,
  type Metrics,
  type RulesSpec,
  replayed,
  rulesOf,
  runbookUrl,
  type Series,
  up,
} from "./support/alerts.ts";

const spec = await rulesOf();
const controller = { enabled: true, links: { enabled: true, registryUrl: "http://registry.ml.svc:8080" } };
const rules = (await rulesOf({}, { controller })).groups.flatMap((group) => group.rules);

const predict = async ({ url }: Pick<RunningService, "url">, times: number): Promise<void> => {
  for (let i = 0; i < times; i++) {
    await send("1.1", { url, path: `/v1/models/${model}:predict`, body: bodyWith(1) });
  }
};

/** What there is besides the metrics of the process, and how alerts are judged. */
interface Judged {
  /** Default: its pod is up. */
  readonly more?: readonly Series[];
  /** Default: after half an hour. */
  readonly minutes?: readonly number[];
  readonly rules?: RulesSpec;
  readonly lag?: boolean;
}

/** Plays a scenario against a real process, and returns the alerts that its metrics raise. */
async function alertsOf(
  scenario: (service: RunningService) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
  { more = [up("a")], minutes, rules: ofRules = spec, lag = false }: Judged = {},
): Promise<string[]> {
  const service = await startRegistry({ env });
  await predict(service, 1);
  const before = await readMetrics(service.url);
  await scenario(service);
  const after = await readMetrics(service.url);
  return await firing([...replayed(before, after, "a", { minutes: 120, lag }), ...more], ofRules, minutes);
}

const fileIsUp = 'kserve_registry_source_up{source="file"}';

/** A change of a file may be seen by the next poll alone. */
const fileMs = 10_000;

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
      service.upstream.onPredict(model, delayed(100, predictAnswer([1])));
      await Promise.all(Array.from({ length: 40 }, () => predict(service, 1)));
    };
    expect(await alertsOf(refused, { KSERVE_MAX_IN_FLIGHT: "1", KSERVE_MAX_QUEUED: "0" })).toEqual([
      "KServeModelRefusesCalls",
    ]);
  });

  it("by a model that alternates between not ready and unreachable", async () => {
    const { url, upstream } = await startRegistry();
    const seen = async (state: string): Promise<Metrics> => {
      let metrics: Metrics = new Map();
      await until(async () => {
        await send("1.1", { url, path: `/v1/models/${model}` });
        metrics = await readMetrics(url);
        return [...metrics].some(([series, value]) => series.includes(`state="${state}"`) && value === 1);
      }, `the model is ${state}`);
      return metrics;
    };
    upstream.onReadiness(model, answer(503, { error: "loading" }));
    const notReady = await seen("not-ready");
    upstream.onReadiness(model, reset());
    const unreachable = await seen("unreachable");
    expect(await firing([up("a"), ...alternating([notReady, unreachable], "a")], spec)).toEqual([
      "KServeModelNotServed",
    ]);
  });

  it("by a source that is stale on one replica of two", async () => {
    const file = join(temporaryFolder(), "models.yaml");
    writeFileSync(file, "- {name: good, service: s, type: anomaly}\n");
    const { url } = await startRegistry({ env: { KSERVE_MODELS_FILE: file } });
    const well = await metricsWhen(url, fileIsUp, 1, fileMs);
    writeFileSync(file, "[");
    const stale = await metricsWhen(url, fileIsUp, 0, fileMs);
    const [a, b] = [replayed(well, well, "a"), replayed(stale, stale, "b")];
    expect(await firing([up("a"), up("b"), ...a, ...b], spec)).toEqual(["KServeModelSourceStale"]);
    expect(await firing([up("a"), ...a], spec)).toEqual([]);
  });

  it("by a registry that serves nothing", async () => {
    const { url } = await startRegistry({ models: [] });
    const metrics = await readMetrics(url);
    expect(await firing([up("a"), ...replayed(metrics, metrics, "a")], spec)).toEqual(["KServeModelRegistryEmpty"]);
  });

  it("by pods that cannot be scraped, one or all", async () => {
    expect(await alertsOf(async () => {}, {}, { more: [up("a"), up("b", "0x60")] })).toEqual([
      "KServeModelRegistryTargetDown",
    ]);
    expect(await firing([], spec)).toEqual(["KServeModelRegistryDown", "KServeModelRegistryEmpty"]);
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
    const modelsFile = join(temporaryFolder(), "models.yaml");
    writeFileSync(modelsFile, "- {name: good, service: s, type: anomaly}\n- {name: bad, service: s, type: odd}\n");
    const read = async ({ url }: RunningService): Promise<void> => {
      await metricsWhen(url, fileIsUp, 1, fileMs);
    };
    expect(await alertsOf(read, { KSERVE_MODELS_FILE: modelsFile })).toEqual(["KServeModelEntriesRefused"]);
  });

  it("by an event loop that is behind", async () => {
    const busy = async (): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        const end = performance.now() + 300;
        while (performance.now() < end);
        await sleep(20);
      }
    };
    expect(await alertsOf(busy, {}, { lag: true })).toEqual(["KServeModelRegistryBusy"]);
  });

  it("by a heap that is near its limit", async () => {
    // The process takes some 20 MiB of its heap while nobody calls.
    const tight = await rulesOf({ memoryRatio: 0.25 });
    const inHeap = async (megabytes: number): Promise<string[]> => {
      const nodeFlags = [...shippedFlags, `--max-old-space-size=${megabytes}`];
      const { url, close } = await startChildService({ nodeFlags });
      onTestFinished(close);
      const metrics = await readMetrics(url);
      expect(metrics.get("kserve_registry_heap_limit_bytes")).toBe(megabytes * 2 ** 20);
      return await firing([up("a"), ...replayed(metrics, metrics, "a")], tight);
    };
    expect(await inHeap(44)).toEqual(["KServeModelRegistryMemory"]);
    expect(await inHeap(256)).toEqual([]);
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
    const file = join(temporaryFolder(), "sources.yaml");
    const sources = "catalogs:\n  - {name: a, id: a, type: yaml, properties: {yamlCatalogPath: none.yaml}}\n";
    writeFileSync(file, sources);
    const broken = async ({ url }: RunningService): Promise<void> => {
      writeFileSync(file, `${sources}  - [`);
      await metricsWhen(url, "kserve_registry_catalog_configuration_up", 0);
    };
    expect(await alertsOf(broken, { CATALOG_SOURCES: file })).toEqual([
      "KServeModelCatalogConfigurationRefused",
      "KServeModelCatalogSourceFails",
    ]);
  });
});

describe("no alert is raised", () => {
  const always = [5, 10, 15, 20, 25, 30, 35, 40, 45, 50];

  it("by a rollout, and by pods that drain", async () => {
    const { url, child, close } = await startChildService({ env: { SHUTDOWN_DELAY: "5m" } });
    onTestFinished(close);
    await predict({ url }, 30);
    const metrics = await readMetrics(url);
    child.kill("SIGTERM");
    const draining = await metricsWhen(url, "kserve_registry_draining", 1);
    const ofPods = [
      { pod: "a", from: 0, minutes: 20 },
      { pod: "b", from: 0, minutes: 22 },
      { pod: "c", from: 20, minutes: 40 },
      { pod: "d", from: 22, minutes: 38 },
    ].flatMap(({ pod, from, minutes }) => [
      up(pod, `${from === 0 ? "" : `_x${from} `}1x${minutes} stale`),
      ...replayed(metrics, from === 0 ? draining : metrics, pod, { from, minutes }),
    ]);
    expect(await firing(ofPods, spec, always)).toEqual([]);
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
        spec,
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
