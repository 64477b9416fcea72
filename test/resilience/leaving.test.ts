import { type AddressInfo, createServer, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { clientOf } from "../support/clients.ts";
import { answer, hang } from "../support/fake-upstream.ts";
import { readMetrics } from "../support/metric-lines.ts";
import { wayNamed } from "../support/predict-forms.ts";
import { model, namespace, type RunningService, startRegistry } from "../support/running-service.ts";
import { until } from "../support/until.ts";
import { type Asking, ask, askings } from "./leaving-caller.ts";

/** A way to leave: what is sent along with the request, and what is done then. */
interface Leaving {
  readonly headers: Readonly<Record<string, string>>;
  readonly leave: (call: ReturnType<typeof ask>) => void;
}

const longMs = 60_000;

/** Every way of leaving that a protocol has, with and without the fast path. */
const rows = askings.flatMap((asking) => {
  const { deadline } = asking;
  const leavings: [string, Leaving][] = [["closes its connection", { headers: {}, leave: (call) => call.close() }]];
  if (asking.httpVersion === "2")
    leavings.push(["resets its stream", { headers: {}, leave: (call) => call.reset?.() }]);
  if (deadline !== undefined) {
    leavings.push(
      ["meets its deadline", { headers: deadline(150), leave: () => {} }],
      ["closes before a far deadline", { headers: deadline(longMs), leave: (call) => call.close() }],
    );
  }
  return leavings.map(([way, leaving]) => ({ title: `${asking.name} ${way}`, asking, leaving }));
});

const rpcRows = rows.filter(({ asking }) => asking.deadline !== undefined);

/** A call that is over at the end of the test, however it goes. */
function open(url: string, asking: Asking, { headers }: Leaving) {
  const call = ask(url, asking, headers);
  onTestFinished(() => call.close());
  return call;
}

/** Waits until a service has nothing more to do for its model. */
async function isIdle({ url }: RunningService): Promise<void> {
  const client = clientOf(wayNamed("connect-json/1.1"), url);
  await until(async () => {
    const { inFlight, queued } = await client.getModel({ name: model });
    return inFlight === 0 && queued === 0;
  }, "the places are free");
  expect((await readMetrics(url)).get("kserve_registry_bytes_in_memory")).toBe(0);
}

describe("a caller that leaves while the model computes", () => {
  const check = async (asking: Asking, leaving: Leaving, env = {}): Promise<void> => {
    const service = await startRegistry({ env: { KSERVE_TIMEOUT: "1m", ...env } });
    const { url, upstream } = service;
    upstream.onPredict(model, hang());
    const call = open(url, asking, leaving);
    await until(() => upstream.predictions.length > 0);
    leaving.leave(call);
    await until(() => upstream.predictions[0]!.disconnected(), "the connection to the model closes");
    call.close();
    await isIdle(service);
    expect(upstream.predictions).toHaveLength(1);
  };

  it.each(rows)("closes the connection to it: $title", ({ asking, leaving }) => check(asking, leaving));

  it.each(rpcRows)("closes the connection to it without the fast path: $title", ({ asking, leaving }) =>
    check(asking, leaving, { FAST_PATH: "off" }),
  );
});

describe("a caller that leaves while it waits for a place", () => {
  it.each(rows)("frees its place in the line, and never reaches the model: $title", async ({ asking, leaving }) => {
    const service = await startRegistry({
      env: { KSERVE_TIMEOUT: "1m", KSERVE_MAX_IN_FLIGHT: "1", KSERVE_QUEUE_TIMEOUT: "1m" },
    });
    const { url, upstream } = service;
    upstream.onPredict(model, hang());
    const first = ask(url, askings[0]!);
    onTestFinished(() => first.close());
    await until(() => upstream.predictions.length > 0);
    const client = clientOf(wayNamed("connect-json/1.1"), url);
    const queued = async (): Promise<number> => (await client.getModel({ name: model })).queued;
    const call = open(url, asking, leaving);
    await until(async () => (await queued()) === 1);
    leaving.leave(call);
    await until(async () => (await queued()) === 0);
    first.close();
    call.close();
    await isIdle(service);
    expect(upstream.predictions).toHaveLength(1);
  });
});

describe("a caller that leaves while the connection to the model opens", () => {
  it.each(rows)("ends its opening: $title", async ({ asking, leaving }) => {
    // Takes connections and never says a word of TLS, so they go on opening.
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on("error", () => {});
      socket.resume();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const mute = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const service = await startRegistry({
      models: [{ name: model, url: mute }],
      env: { KSERVE_TIMEOUT: "1m", KSERVE_CONNECT_TIMEOUT: "1m", KSERVE_READINESS_TIMEOUT: "100ms" },
    });
    const call = open(service.url, asking, leaving);
    await until(() => sockets.length > 0);
    leaving.leave(call);
    await until(() => sockets[0]!.destroyed, "the connection to the model closes");
    call.close();
    await isIdle(service);
    await new Promise((resolve) => server.close(resolve));
  });
});

describe("a caller that leaves while it waits for a model to become ready", () => {
  it.each(["resets its stream", "closes its connection"])("is waited for no longer: it %s", async (way) => {
    const service = await startRegistry();
    const { url, upstream } = service;
    upstream.onReadiness(model, answer(503, { error: "loading" }));
    const client = clientOf(wayNamed("connect-json/1.1"), url);
    await client.getModel({ name: model });
    const asking = { ...askings.at(-1)!, path: `/v1/models/${model}:predict?waitForReady=true` };
    const call = ask(url, asking);
    onTestFinished(() => call.close());
    const waiting = async () =>
      (await readMetrics(url)).get(
        `kserve_registry_predictions_queued{model="${model}",namespace="${namespace}",for="ready"}`,
      );
    await until(async () => (await waiting()) === 1);
    if (way === "resets its stream") call.reset?.();
    else call.close();
    await until(async () => (await waiting()) === 0);
    const asked = upstream.checks.length;
    call.close();
    await isIdle(service);
    expect(upstream.predictions).toEqual([]);
    expect(upstream.checks.length - asked).toBeLessThanOrEqual(1);
  });
});

describe("a client that leaves because its deadline has passed", () => {
  const count = async (url: string, reason: string): Promise<number | undefined> =>
    (await readMetrics(url)).get(
      `kserve_inference_errors_total{model="${model}",namespace="${namespace}",reason="${reason}"}`,
    );

  it.each(
    rpcRows
      .filter(({ title }) => title.endsWith("closes its connection"))
      .flatMap(({ asking }) => ["on", "off"].map((fastPath) => ({ name: asking.name, asking, fastPath }))),
  )("counts as DEADLINE_EXCEEDED, a little early by our clock: $name, the fast path $fastPath", async (row) => {
    const { asking, fastPath } = row;
    const { url, upstream, log } = await startRegistry({ env: { FAST_PATH: fastPath } });
    upstream.onPredict(model, hang());
    const call = ask(url, asking, asking.deadline!(400));
    onTestFinished(() => call.close());
    await until(() => upstream.predictions.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 370));
    call.close();
    await until(async () => (await count(url, "DEADLINE_EXCEEDED")) === 1);
    expect(await count(url, "CALLER_LEFT")).toBeUndefined();
    const predicted = () => log.calls().filter(({ model: concerned }) => concerned === model);
    await until(() => predicted().length > 0);
    expect(predicted()[0]).toMatchObject({ reason: "DEADLINE_EXCEEDED", outcome: "deadline_exceeded" });
  });
});
