import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { bodyOf, clientOf, rows } from "../support/clients.ts";
import { errorOf, partsOf } from "../support/error-details.ts";
import { type Exchange, hang, predict } from "../support/fake-upstream.ts";
import { frame } from "../support/frame.ts";
import { httpVersions, send } from "../support/http-client.ts";
import { readMetrics } from "../support/metric-lines.ts";
import { predictWays, wayNamed } from "../support/predict-forms.ts";
import { sendRpc, wireFormats } from "../support/raw-rpc.ts";
import { model, startRegistry } from "../support/running-service.ts";
import { until } from "../support/until.ts";

const grpc = wayNamed("grpc/2");

describe("the line of a model", () => {
  it("is served first in, first out, and never exceeds the places", async () => {
    const { url, upstream } = await startRegistry({
      env: { KSERVE_MAX_IN_FLIGHT: "2", KSERVE_QUEUE_TIMEOUT: "1m" },
    });
    const waiting: Exchange[] = [];
    upstream.onPredict(model, { run: (exchange) => void waiting.push(exchange) });
    const client = clientOf(grpc, url);
    const calls: Promise<unknown>[] = [];
    for (let i = 0; i < 6; i++) {
      calls.push(client.predict(rows(model, [i])));
      await until(async () => {
        const { inFlight, queued } = await client.getModel({ name: model });
        return inFlight + queued === i + 1;
      });
    }
    expect(waiting).toHaveLength(2);
    for (let done = 0; done < 6; done++) {
      await until(() => waiting.length > done);
      expect(waiting.length - done).toBeLessThanOrEqual(2);
      predict([1]).run(waiting[done]!);
    }
    await Promise.all(calls);
    expect(waiting.map(({ request }) => JSON.parse(request.body.toString()).instances[0][0])).toEqual([
      0, 1, 2, 3, 4, 5,
    ]);
  });

  it("that is full keeps no other model waiting, not even one behind the same gateway", async () => {
    const { url, upstream } = await startRegistry({
      models: [{ name: "slow" }, { name: "fast" }],
      env: { KSERVE_MAX_IN_FLIGHT: "8", KSERVE_MAX_QUEUED: "8", KSERVE_TIMEOUT: "1m", KSERVE_QUEUE_TIMEOUT: "1m" },
    });
    upstream.onPredict("slow", hang());
    const client = clientOf(grpc, url);
    const caller = new AbortController();
    const stuck = Promise.allSettled(
      Array.from({ length: 16 }, () => client.predict(rows("slow", [1]), { signal: caller.signal })),
    );
    await until(async () => (await client.getModel({ name: "slow" })).queued === 8);
    expect(partsOf(await errorOf(client.predict(rows("slow", [1]))))).toMatchObject({ reason: "TOO_MANY_IN_FLIGHT" });
    for (let i = 0; i < 20; i++) expect((await client.predict(rows("fast", [i]))).modelName).toBe("fast");
    expect((await send("1.1", { url, path: "/v1/models/slow" })).status).toBe(200);
    caller.abort();
    await stuck;
  });
});

const mebibyte = 1024 ** 2;

describe("the limit on bytes in memory", () => {
  const env = { MAX_BYTES_IN_MEMORY: "2MiB", MAX_REQUEST_SIZE: "2MiB", KSERVE_TIMEOUT: "1m" };
  const large = `{"instances":["${"x".repeat(1.2 * mebibyte)}"]}`;
  const held = async (url: string) => (await readMetrics(url)).get("kserve_registry_bytes_in_memory")!;

  const callers: readonly [string, (url: string, signal: AbortSignal) => Promise<unknown>][] = [
    ...predictWays.map((way): [string, (url: string, signal: AbortSignal) => Promise<unknown>] => [
      way.name,
      (url, signal) => clientOf(way, url).predict(bodyOf(model, large), { signal }),
    ]),
    ...httpVersions.map((version): [string, (url: string, signal: AbortSignal) => Promise<unknown>] => [
      `rest/${version}`,
      async (url, signal) => {
        const response = await send(version, { url, path: `/v1/models/${model}:predict`, body: large, signal });
        if (response.status !== 200) throw Object.assign(new Error(response.body), response);
      },
    ]),
  ];

  it.each(callers.flatMap(([name, call]) => ["on", "off"].map((fastPath) => [name, fastPath, call] as const)))(
    "refuses a body that does not fit beside another, by %s with the fast path %s, and takes it afterwards",
    async (_name, fastPath, call) => {
      const { url, upstream } = await startRegistry({ env: { ...env, FAST_PATH: fastPath } });
      upstream.onPredict(model, hang());
      const caller = new AbortController();
      const first = call(url, caller.signal).catch(() => {});
      await until(() => upstream.predictions.length > 0);
      expect(await held(url)).toBeGreaterThan(mebibyte);
      await expect(call(url, new AbortController().signal)).rejects.toThrow(/MAX_BYTES_IN_MEMORY/);
      expect(upstream.predictions).toHaveLength(1);
      caller.abort();
      await first;
      await until(async () => (await held(url)) === 0, "all bytes are given back");
      upstream.onPredict(model, predict([1]));
      await call(url, new AbortController().signal);
      await until(async () => (await held(url)) === 0, "all bytes are given back");
    },
  );

  it.each(wireFormats)("counts what a body is decompressed to, over $name", async (format) => {
    const { url, upstream } = await startRegistry({ env });
    upstream.onPredict(model, hang());
    const caller = new AbortController();
    const first = clientOf(grpc, url)
      .predict(bodyOf(model, large), { signal: caller.signal })
      .catch(() => {});
    await until(() => upstream.predictions.length > 0);
    // There is less room for it than one request may have.
    const bomb = gzipSync(Buffer.alloc(64 * mebibyte, 0x20));
    const framed = format.protocol !== "connect";
    const answer = await sendRpc(format, {
      url,
      path: "/kserve.registry.v1.ModelRegistry/Predict",
      headers: { [framed ? "grpc-encoding" : "content-encoding"]: "gzip" },
      body: framed ? frame(bomb, 1) : bomb,
    });
    expect(answer).toMatchObject({ code: "ResourceExhausted", reason: "SERVER_OVERLOADED" });
    caller.abort();
    await first;
    await until(async () => (await held(url)) === 0, "all bytes are given back");
  });

  it("counts the answers of models, and gives them back when they are sent", async () => {
    const { url, upstream } = await startRegistry({ env });
    upstream.onPredict(model, predict(["x".repeat(2.5 * mebibyte)]));
    const client = clientOf(grpc, url);
    expect(partsOf(await errorOf(client.predict(rows(model, [1]))))).toMatchObject({
      code: "ResourceExhausted",
      reason: "SERVER_OVERLOADED",
      retryMs: 1000,
    });
    await until(() => upstream.predictions[0]!.disconnected(), "the rest of the answer is not read");
    upstream.onPredict(model, predict(["x".repeat(1.5 * mebibyte)]));
    for (let i = 0; i < 3; i++) await client.predict(rows(model, [1]));
    await until(async () => (await held(url)) === 0, "all bytes are given back");
  });
});
