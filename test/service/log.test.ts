import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/certificates.ts";
import { clientOf, rows } from "../support/clients.ts";
import { errorOf } from "../support/error-details.ts";
import { answer } from "../support/fake-upstream.ts";
import { httpVersions, send } from "../support/http-client.ts";
import { bodyWith, predictWays, wayNamed } from "../support/predict-forms.ts";
import { model, namespace, startRegistry } from "../support/running-service.ts";
import { until } from "../support/until.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const headers = { "x-request-id": "request-7", traceparent: `00-${traceId}-b7ad6b7169203331-01` };

describe("the log of a start", () => {
  it("names every model, with its type and address, and how many there are", async () => {
    const { log, url, upstream } = await startRegistry({
      models: [{ name: "a" }, { name: "b", type: "predictive", namespace: "other" }],
    });
    expect(log.lines.map(({ msg }) => msg)).toEqual([
      "Registered KServe model: a",
      "Registered KServe model: b",
      "Loaded 2 models from registry",
      expect.stringContaining(url),
    ]);
    expect(log.lines[0]).toMatchObject({ level: "info", model: "a", type: "anomaly", namespace, url: upstream.url });
    expect(log.lines[1]).toMatchObject({ model: "b", type: "predictive", namespace: "other" });
  });
});

describe("the log of a model", () => {
  it("has a line for each change of its state, and of its breaker", async () => {
    const models = [{ name: "alive" }, { name: "dead", url: "http://127.0.0.1:1" }];
    const { url, log } = await startRegistry({ models, env: { KSERVE_BREAKER_FAILURES: "1" } });
    for (const name of ["alive", "alive", "dead", "dead"]) await send("1.1", { url, path: `/v1/models/${name}` });
    await send("1.1", { url, path: "/v1/models/dead:predict", body: bodyWith(1) });
    const noted = (): unknown[] => log.lines.filter(({ state, breaker }) => state ?? breaker);
    await until(() => noted().length >= 3);
    expect(noted()).toEqual([
      expect.objectContaining({ level: "info", msg: "Model alive is ready", state: "ready", stateBefore: "unknown" }),
      expect.objectContaining({
        level: "warn",
        msg: "Model dead is unreachable: the connection was refused",
        state: "unreachable",
        namespace,
      }),
      expect.objectContaining({ level: "warn", msg: "The breaker of model dead is open", breaker: "open" }),
    ]);
  });
});

describe("the log of entries", () => {
  it("has a line for each model that comes, changes or goes, and for a source that is lost and back", async () => {
    const file = join(temporaryFolder(), "models.yaml");
    const write = (...entries: readonly object[]): void => {
      const text = JSON.stringify(entries.map((entry) => ({ type: "anomaly", url: "http://127.0.0.1:1", ...entry })));
      writeFileSync(file, text);
    };
    write({ name: "stays", timeout: "1s", triggers: ["a"] }, { name: "goes" });
    const { log } = await startRegistry({ models: [], env: { KSERVE_MODELS_FILE: file } });
    const wait = (text: string): Promise<void> =>
      until(() => log.lines.some(({ msg }) => msg.includes(text)), `the log says ${text}`, 10_000);
    await wait("Registered KServe model: goes");
    write({ name: "stays", type: "predictive", timeout: "2s", triggers: ["b"] });
    await wait("Removed KServe model");
    writeFileSync(file, "[");
    await wait("is not up to date");
    write({ name: "stays", type: "predictive", timeout: "2s", triggers: ["b"] });
    await wait("is up to date again");
    const noted = log.lines.filter(({ msg }) => /^(Registered|Changed|Removed|Source) /.test(msg));
    expect(noted).toEqual([
      expect.objectContaining({ level: "info", msg: "Registered KServe model: stays" }),
      expect.objectContaining({ level: "info", msg: "Registered KServe model: goes" }),
      expect.objectContaining({
        level: "info",
        msg: "Changed KServe model: stays (type, timeoutMs, triggers)",
        model: "stays",
        namespace,
        before: { type: "anomaly", timeoutMs: 1000 },
        now: { type: "predictive", timeoutMs: 2000 },
      }),
      expect.objectContaining({
        level: "info",
        msg: "Removed KServe model: goes",
        model: "goes",
        namespace,
        type: "anomaly",
        url: "http://127.0.0.1:1",
      }),
      expect.objectContaining({ level: "warn", msg: expect.stringContaining("Source file is not up to date") }),
      expect.objectContaining({ level: "info", msg: "Source file is up to date again" }),
    ]);
  });
});

describe("the line of a probe", () => {
  it.each(["/livez", "/readyz", "/readyz/health", "/metrics"])("is for those who debug: %s", async (path) => {
    const { url, log } = await startRegistry({ logLevel: "debug" });
    await send("1.1", { url, path });
    await until(() => log.calls().length > 0);
    expect(log.calls()).toEqual([expect.objectContaining({ level: "debug", method: `GET ${path}` })]);
  });
});

describe("the line of a call", () => {
  it.each(predictWays)("says who asked what, how and with what outcome, by $name", async (way) => {
    const { url, log } = await startRegistry();
    await clientOf(way, url).predict(rows(model, [1]), { headers });
    await until(() => log.calls().length > 0);
    expect(log.calls()).toEqual([
      expect.objectContaining({
        level: "info",
        requestId: "request-7",
        traceId,
        protocol: way.protocol,
        method: "kserve.registry.v1.ModelRegistry/Predict",
        model,
        namespace,
        outcome: "ok",
        attempts: 1,
        upstreamMs: expect.any(Number),
        ms: expect.any(Number),
      }),
    ]);
    const { requestBytes, answerBytes } = log.calls()[0]!;
    expect([requestBytes, answerBytes]).toEqual([expect.any(Number), expect.any(Number)]);
    expect(Number(answerBytes)).toBeGreaterThan(0);
    expect(log.calls()[0]?.http).toMatch(way.httpVersion === "2" ? /^2/ : /^1\.1$/);
  });

  it.each(httpVersions)("is there for REST over HTTP/%s", async (version) => {
    const { url, log } = await startRegistry();
    await send(version, { url, path: `/api/v1/models/${model}/predict`, body: bodyWith(1), headers });
    await until(() => log.calls().length > 0);
    expect(log.calls()).toEqual([
      expect.objectContaining({
        level: "info",
        requestId: "request-7",
        traceId,
        protocol: "http",
        method: "POST /api/v1/models/{name}/predict",
        model,
        outcome: "200",
      }),
    ]);
  });

  it("is a warning for a model that cannot be reached, and has its address here alone", async () => {
    const { url, log } = await startRegistry({ models: [{ name: model, url: "http://127.0.0.1:1" }] });
    await errorOf(clientOf(wayNamed("grpc/2"), url).predict(rows(model, [1])));
    await until(() => log.calls().length > 0);
    expect(log.calls()[0]).toMatchObject({
      level: "warn",
      outcome: "unavailable",
      reason: "MODEL_UNREACHABLE",
      error: expect.stringContaining("the connection was refused"),
      cause: expect.stringContaining("127.0.0.1:1"),
    });
  });

  it.each<[string, (url: string) => Promise<unknown>, object]>([
    [
      "an unknown model",
      (url) => errorOf(clientOf(wayNamed("connect-json/1.1"), url).predict(rows("none", [1]))),
      { outcome: "not_found", reason: "MODEL_NOT_FOUND" },
    ],
    [
      "a message that does not parse",
      (url) =>
        send("1.1", {
          url,
          path: "/kserve.registry.v1.ModelRegistry/Predict",
          body: "{",
          headers: { "content-type": "application/json" },
        }),
      { outcome: "invalid_argument", reason: "INVALID_REQUEST" },
    ],
    ["an unknown path", (url) => send("2", { url, path: "/x" }), { outcome: "404", method: "unknown" }],
  ])("is not a warning for %s", async (_title, call, line) => {
    const { url, log } = await startRegistry();
    await call(url);
    await until(() => log.calls().length > 0);
    expect(log.calls()).toEqual([expect.objectContaining({ level: "info", ...line })]);
    expect(log.calls()[0]?.model).toBeUndefined();
  });

  it("carries nothing of the rows, the answers and the credentials", async () => {
    const { url, log, upstream } = await startRegistry({ models: [{ name: model, forwardAuthorization: true }] });
    upstream.onPredict(model, answer(200, { predictions: ["secret-answer"] }));
    const path = `/v1/models/${model}:predict?token=secret-query`;
    const body = '{"instances":["secret-row"]}';
    await send("1.1", { url, path, body, headers: { authorization: "Bearer secret-token" } });
    await send("1.1", { url, path: `/v1/models/${model}:predict`, body, headers: { authorization: "secret-token" } });
    await until(() => log.calls().length === 2);
    expect(JSON.stringify(log.lines)).not.toContain("secret");
  });

  it("names places and not values, unless LOG_VALUES lets it", async () => {
    const models = [{ name: model, inputFeatures: [{ name: "iops", type: "integer", max: 10 }] }];
    const body = '{"instances":[{"iops":77777}]}';
    for (const env of [{}, { LOG_VALUES: "on" }]) {
      const { url, log, upstream } = await startRegistry({ models, env });
      await send("1.1", { url, path: `/v1/models/${model}:predict`, body });
      upstream.onPredict(model, answer(500, { error: "cannot read 88888" }));
      await send("1.1", { url, path: `/v1/models/${model}:predict`, body: '{"instances":[{"iops":1}]}' });
      await until(() => log.calls().length === 2);
      const [invalid, failed] = log.calls();
      const on = "LOG_VALUES" in env;
      expect(invalid).toMatchObject({ reason: "INVALID_INSTANCE" });
      expect(failed).toMatchObject({ reason: "MODEL_FAILED", upstreamStatus: 500, attempts: 1 });
      expect(JSON.stringify(invalid).includes("77777")).toBe(on);
      expect(JSON.stringify(failed).includes("88888")).toBe(on);
      if (!on) expect(invalid?.fields).toEqual(["instances[0].iops"]);
    }
  });

  it("is counted where many fail alike, so that lines and counts add up", async () => {
    const { url, log, stop } = await startRegistry();
    for (let i = 0; i < 50; i++) await send("1.1", { url, path: "/v1/models/none:predict", body: bodyWith(1) });
    await stop();
    const calls = log.calls();
    const repeated = log.lines.reduce((sum, line) => sum + Number(line.repeated ?? 0), 0);
    expect(calls.length).toBeLessThan(50);
    expect(calls.length + repeated).toBe(50);
  });

  it("has one level for one reason, over gRPC and REST", async () => {
    const { url, log } = await startRegistry({ models: [{ name: model, url: "http://127.0.0.1:1" }] });
    await errorOf(clientOf(wayNamed("grpc/2"), url).predict(rows(model, [1])));
    await send("1.1", { url, path: `/v1/models/${model}:predict`, body: bodyWith(1) });
    await errorOf(clientOf(wayNamed("grpc/2"), url).predict(rows("none", [1])));
    await send("1.1", { url, path: "/v1/models/none:predict", body: bodyWith(1) });
    await until(() => log.calls().length === 4);
    expect(log.calls().map(({ level }) => level)).toEqual(["warn", "warn", "info", "info"]);
  });

  it("is left out above info", async () => {
    const { url, log } = await startRegistry({ logLevel: "warn" });
    await send("1.1", { url, path: "/v1/models" });
    await send("1.1", { url, path: "/v1/models" });
    expect(log.lines).toEqual([]);
  });
});
