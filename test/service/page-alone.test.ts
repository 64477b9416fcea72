import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { describe, expect, it, onTestFinished } from "vitest";
import { ModelRegistry, WatchEvent } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import type { HttpRequest, HttpResponse } from "../../src/api/http.ts";
import { createForwarder } from "../../src/api/page/forward.ts";
import { readConfig } from "../../src/config/config.ts";
import { createListener } from "../../src/listen/listener.ts";
import { httpVersions, jsonOf, send } from "../support/http-client.ts";
import { model, startRegistry } from "../support/running-service.ts";

/** The calls of the page that is served alone, before a registry. */
async function startForwarder(registry: string): Promise<string> {
  const { config } = readConfig({ HOST: "127.0.0.1" });
  const forward = createForwarder(new URL(registry));
  const listener = createListener({ ...config, tls: undefined }, (request, response) => {
    if (forward(request, response, request.url!.split("?", 1)[0]!)) return;
    response.statusCode = 404;
    response.end();
  });
  const { port } = await listener.listen(0, "127.0.0.1");
  onTestFinished(() => listener.close(0));
  return `http://127.0.0.1:${port}`;
}

describe.each(httpVersions)("the page alone, before a registry, over HTTP/%s", (version) => {
  it("passes a prediction on, and the answer back", async () => {
    const registry = await startRegistry();
    const url = await startForwarder(registry.url);
    const answer = await send(version, {
      url,
      path: `/${ModelRegistry.typeName}/Predict`,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: model, instances: [[1], [2]] }),
    });
    expect([answer.status, jsonOf(answer)]).toMatchObject([200, { modelName: model }]);
    const listed = await send(version, { url, path: "/api/v1/models?type=anomaly" });
    expect(jsonOf(listed)).toMatchObject({ models: [{ name: model }] });
  });

  it.each([
    "/metrics",
    "/openapi.json",
    "/v1/models",
    "/api/model_registry/v1/registered_models",
    "/api/v1/../../metrics",
    "/",
  ])("reaches nothing at %s", async (path) => {
    const registry = await startRegistry();
    const url = await startForwarder(registry.url);
    expect((await send(version, { url, path })).status).toBe(404);
  });

  it("passes on a token, and no other word about who calls", async () => {
    const seen: IncomingHttpHeaders[] = [];
    const registry = createServer((request, response) => {
      seen.push(request.headers);
      response.setHeader("set-cookie", "session=2").setHeader("x-request-id", "kept").end("{}");
    }).listen(0, "127.0.0.1");
    await once(registry, "listening");
    onTestFinished(() => void registry.close());
    const url = await startForwarder(`http://127.0.0.1:${(registry.address() as AddressInfo).port}/prefix/`);
    const headers = {
      authorization: "Bearer x",
      "kubeflow-userid": "admin",
      cookie: "session=1",
      "x-forwarded-user": "a",
    };
    const answer = await send(version, { url, path: "/api/v1/models?type=anomaly", headers });
    expect(Object.keys(seen[0]!).sort()).toEqual(["authorization", "connection", "host"]);
    expect([answer.status, answer.headers["x-request-id"], answer.headers["set-cookie"]]).toEqual([
      200,
      "kept",
      undefined,
    ]);
  });

  it("says that the registry is gone", async () => {
    const registry = await startRegistry();
    const url = await startForwarder(registry.url);
    await registry.stop();
    const answer = await send(version, { url, path: "/api/v1/models" });
    expect([answer.status, answer.headers["retry-after"]]).toEqual([503, "1"]);
  });
});

it("the page alone listens to an answer so few times that Node suspects no leak", async () => {
  const registry = await startRegistry();
  const forward = createForwarder(new URL(registry.url));
  let listeners = 0;
  const server = createServer((request, response) => {
    const before = response.listenerCount("close");
    forward(request as HttpRequest, response as unknown as HttpResponse, request.url!);
    response.once("pipe", () => setImmediate(() => (listeners = response.listenerCount("close") - before)));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  await send("1.1", { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, path: "/api/v1/models" });
  expect(listeners).toBeLessThan(4);
});

it("the page alone breaks an answer off where the registry does", async () => {
  const registry = createServer((_, response) => {
    response.writeHead(200, { "content-length": "10" }).write("half");
    setTimeout(() => response.destroy(), 20);
  }).listen(0, "127.0.0.1");
  await once(registry, "listening");
  onTestFinished(() => void registry.close());
  const url = await startForwarder(`http://127.0.0.1:${(registry.address() as AddressInfo).port}`);
  await expect(send("1.1", { url, path: "/api/v1/models" })).rejects.toThrow();
});

it("the page alone passes a watch on as it comes, and ends it when its reader leaves", async () => {
  const registry = await startRegistry();
  const url = await startForwarder(registry.url);
  const client = createClient(ModelRegistry, createConnectTransport({ baseUrl: url, httpVersion: "1.1" }));
  const leave = new AbortController();
  const events: WatchEvent[] = [];
  await expect(async () => {
    for await (const { event } of client.watchModels({}, { signal: leave.signal })) {
      events.push(event);
      if (event === WatchEvent.SYNCED) leave.abort();
    }
  }).rejects.toThrow();
  expect(events).toEqual([WatchEvent.ADDED, WatchEvent.SYNCED]);
});
