import { createServer as createHttpServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Env } from "../../src/config/config.ts";
import { type Certificate, makeCertificate, temporaryFolder } from "../support/certificates.ts";
import { startTlsUpstream } from "../support/tls-upstream.ts";
import { runCli } from "./support/run-cli.ts";

/** What `doctor -o json` says of one model. */
interface Examined {
  readonly name: string;
  readonly healthy: boolean;
  readonly steps: readonly { name: string; outcome: string; ms: number; detail: string; hint?: string }[];
}

async function listen(server: Server, host = "127.0.0.1", port = 0): Promise<number> {
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, host, resolve));
  onTestFinished(() => {
    server.close();
    (server as { closeAllConnections?: () => void }).closeAllConnections?.();
  });
  return (server.address() as AddressInfo).port;
}

async function serve(listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(createHttpServer(listener))}`;
}

/** A model server that answers readiness with a status, and the list of its models. */
function answering(status: number, body: object, headers = {}): Promise<string> {
  return serve(({ url }, response) => {
    const list = url === "/v1/models";
    response.writeHead(list ? 200 : status, headers).end(JSON.stringify(list ? { models: ["model-v2"] } : body));
  });
}

/** A model server that is well, and answers predictions with a status. */
function predicting(status: number, body: object): Promise<string> {
  return serve((request, response) => {
    request.resume();
    request.on("end", () => {
      const ready = request.method === "GET";
      response.writeHead(ready ? 200 : status).end(JSON.stringify(ready ? { ready: true } : body));
    });
  });
}

const nowhere = join(tmpdir(), "nowhere", "ca.crt");

function environment(entries: readonly object[], more: Env = {}): Env {
  const complete = entries.map((entry) => ({ type: "anomaly", ...entry }));
  return { KSERVE_MODEL_REGISTRY: JSON.stringify(complete), KSERVE_CREDENTIALS_DIRS: tmpdir(), ...more };
}

async function examine(env: Env, ...args: string[]): Promise<{ status: number; models: readonly Examined[] }> {
  const { status, out, err } = await runCli(["doctor", "-o", "json", "--timeout", "2s", ...args], { env });
  if (out === "") throw new Error(err);
  return { status, models: (JSON.parse(out) as { models: Examined[] }).models };
}

/** Examines one model that is not well. Returns the step that failed, and what became of the others. */
async function ailment(entry: object, more: Env = {}) {
  const { status, models } = await examine(environment([{ name: "m", ...entry }], more));
  expect(status).toBe(1);
  expect(models[0]!.healthy).toBe(false);
  const failed = models[0]!.steps.filter(({ outcome }) => outcome === "failed");
  expect(failed).toHaveLength(1);
  return failed[0]!;
}

describe("doctor", () => {
  it("goes all the way to a prediction of a model that is well", async () => {
    const url = await predicting(200, { predictions: [0.91] });
    const env = environment([{ name: "disks", url, inputFeatures: ["iops", "age"] }]);
    const { status, out } = await runCli(["doctor"], { env });
    expect(status).toBe(0);
    const steps = out.replaceAll(/\d+(\.\d+)? ms/g, "N ms").replaceAll(/ {2,}/g, " ");
    expect(steps).toBe(
      `disks ${url} KSERVE_MODEL_REGISTRY[0]\n`.replaceAll(/ {2,}/g, " ") +
        " dns skipped 127.0.0.1 is an address\n" +
        ` connect ok N ms 127.0.0.1 port ${new URL(url).port}\n` +
        " tls skipped the address is http\n" +
        " ready ok N ms ready\n" +
        " path ok N ms /v1/models/disks\n" +
        ' predict ok N ms {"instances":[{"iops":0,"age":0}]} gives [0.91]\n\n' +
        "1 model, all can be called\n",
    );
  });

  it("looks names up, and makes no example without declared features", async () => {
    const { port } = new URL(await predicting(200, {}));
    const { status, models } = await examine(environment([{ name: "m", url: `http://localhost:${port}` }]));
    expect(status).toBe(0);
    expect(models[0]!.steps.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      "dns ok",
      "connect ok",
      "tls skipped",
      "ready ok",
      "path ok",
      "predict skipped",
    ]);
  });

  it("examines all models, or one, and fails when one is not well", async () => {
    const url = await predicting(200, {});
    const env = environment([
      { name: "b", url },
      { name: "a", url: "http://127.0.0.1:1" },
    ]);
    const all = await examine(env);
    expect(all).toMatchObject({
      status: 1,
      models: [
        { name: "a", healthy: false },
        { name: "b", healthy: true },
      ],
    });
    expect(await examine(env, "b")).toMatchObject({ status: 0, models: [{ name: "b", healthy: true }] });
    const unknown = await runCli(["doctor", "c"], { env });
    expect(unknown).toMatchObject({ status: 1, err: "error: no model is registered under the name c\n" });
  });

  it.each<[string, object, () => Promise<object> | object, { name: string; detail: string; hint: string }]>([
    [
      "a Service that is not there",
      { service: "nothing", namespace: "storage" },
      () => ({ KSERVE_URL_FORMAT: "http://{service}.{namespace}.invalid" }),
      { name: "dns", detail: "not known (DNS)", hint: "Is there a Service nothing in namespace storage?" },
    ],
    [
      "a port that nobody listens on",
      { url: "http://127.0.0.1:1" },
      () => ({}),
      { name: "connect", detail: "refused", hint: "A headless Service (clusterIP: None) maps no ports" },
    ],
  ])("says what to change for %s", async (_, entry, more, expected) => {
    const { name, detail, hint } = await ailment(entry, (await more()) as Env);
    expect({ name, detail, hint }).toEqual({
      name: expected.name,
      detail: expect.stringContaining(expected.detail),
      hint: expect.stringContaining(expected.hint),
    });
  });

  it("finds the port of the container behind a headless Service", async () => {
    // An address of loopback that nothing else uses, for the port is given.
    await listen(createTcpServer(), "127.88.77.66", 8080);
    const { name, hint } = await ailment({ service: "s" }, { KSERVE_URL_FORMAT: "http://127.88.77.66:81" });
    expect(name).toBe("connect");
    expect(hint).toContain("Port 8080 answers: the Service is headless and maps no ports. Give the entry port: 8080");
  });

  it.each<[string, () => Promise<string>, string, string, string]>([
    [
      "a model that loads",
      () => answering(503, { error: "Model with name m is not ready." }),
      "ready",
      "Model with name m is not ready.",
      "kubectl describe inferenceservice",
    ],
    ["a server that wants credentials", () => answering(401, {}), "ready", "HTTP 401", "tokenFile"],
    [
      "a server that sends callers elsewhere",
      () => answering(302, {}, { location: "/" }),
      "ready",
      "HTTP 302",
      "Set the entry's url",
    ],
    ["another name in the path", () => answering(404, {}), "path", "it has model-v2", "Set model: model-v2"],
    [
      "a server of another kind",
      () => serve((_, response) => response.writeHead(404).end()),
      "path",
      "the server has nothing under /v1/models/m",
      "Is this the address of a KServe v1 server?",
    ],
    [
      "something that is not a server",
      async () => `http://127.0.0.1:${await listen(createTcpServer((socket) => socket.destroy()))}`,
      "ready",
      "closed before the response",
      "does not answer like a model server",
    ],
    [
      "a server that says nothing",
      async () => `http://127.0.0.1:${await listen(createTcpServer((socket) => socket.resume()))}`,
      "ready",
      "no answer within 2s",
      "does not answer like a model server",
    ],
    [
      "a model that fails",
      () => predicting(500, { error: "expecting 8 features" }),
      "predict",
      "expecting 8 features",
      "Check the model server's log",
    ],
    [
      "an answer that is none",
      () => predicting(200, { predictions: null }),
      "predict",
      "is not a prediction",
      "one prediction per instance",
    ],
  ])("says what to change for %s", async (_, start, step, detail, hint) => {
    const found = await ailment({ url: await start(), inputFeatures: ["x"] });
    expect(found).toMatchObject({
      name: step,
      detail: expect.stringContaining(detail),
      hint: expect.stringContaining(hint),
    });
  });

  describe("over TLS", () => {
    const certificate = (): Certificate => makeCertificate(temporaryFolder(), "models");

    it("shows whose certificate it is, and is well when its authority is known", async () => {
      const own = certificate();
      const { url } = await startTlsUpstream(own);
      const env = environment([{ name: "m", url }], { KSERVE_CA_FILE: own.certFile });
      const { status, models } = await examine(env);
      expect(status).toBe(0);
      expect(models[0]!.steps[2]).toMatchObject({
        name: "tls",
        detail: expect.stringContaining("certificate of models by models"),
      });
    });

    it.each<[string, (own: Certificate) => Promise<{ entry: object }>, string, string]>([
      [
        "an authority that is not known",
        async (own) => ({ entry: { url: (await startTlsUpstream(own)).url } }),
        "not trusted",
        "KSERVE_CA_FILE",
      ],
      [
        "a name that is not in the certificate",
        async (own) => ({ entry: { url: (await startTlsUpstream(own, {}, "127.0.0.2")).url, caFile: own.certFile } }),
        "for another name",
        "use a name from the certificate",
      ],
      [
        "a server that speaks no TLS",
        async () => ({ entry: { url: (await predicting(200, {})).replace("http:", "https:") } }),
        "TLS connection failed",
        "http://",
      ],
      [
        "a file that is not there",
        async (own) => ({ entry: { url: (await startTlsUpstream(own)).url, caFile: nowhere } }),
        `${nowhere}: ENOENT`,
        "Mount the file",
      ],
    ])("says what to change for %s", async (_, start, detail, hint) => {
      const { entry } = await start(certificate());
      const found = await ailment(entry);
      expect(found).toMatchObject({
        name: "tls",
        detail: expect.stringContaining(detail),
        hint: expect.stringContaining(hint),
      });
    });
  });

  it("says what is wrong with the configuration, as the service would", async () => {
    const { status, err } = await runCli(["doctor"], { env: { KSERVE_MODEL_REGISTRY: "[{}]", PORT: "x" } });
    expect(status).toBe(1);
    expect(err).toContain("the models cannot be read. The configuration has");
    expect(err).toContain("PORT: expected a whole number");
  });

  it("is used wrongly with a timeout that is none", async () => {
    expect(await runCli(["doctor", "--timeout", "soon"])).toMatchObject({ status: 2 });
  });
});
