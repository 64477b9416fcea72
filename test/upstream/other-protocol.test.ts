import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { Cancellation } from "../../src/base/cancellation.ts";
import { MemoryBudget } from "../../src/registry/memory-budget.ts";
import type { ModelProtocol } from "../../src/registry/model.ts";
import type { Readiness } from "../../src/registry/readiness.ts";
import { createUpstream } from "../../src/upstream/by-protocol.ts";
import { startInferenceServer } from "../support/inference-server.ts";
import { registered } from "../support/registered.ts";

async function readinessOf(url: string, protocol: ModelProtocol): Promise<Readiness> {
  const upstream = createUpstream({
    connectTimeoutMs: 1000,
    idleTimeoutMs: 10_000,
    maxResponseBytes: 100_000,
    tls: { caFiles: [], certFile: undefined, keyFile: undefined },
    retries: { share: 0.2 },
    memory: new MemoryBudget(Number.POSITIVE_INFINITY),
  });
  onTestFinished(() => upstream.close());
  return upstream.checkReadiness(registered({ name: "fraud", url, protocol }), new Cancellation());
}

/** A server of REST that has the model under these paths. */
async function startRest(...paths: string[]): Promise<string> {
  const server = createServer(({ url }, response) => {
    response.writeHead(paths.includes(url!) ? 200 : 404, { "content-type": "application/json" });
    response.end(paths.includes(url!) ? '{"name":"fraud","ready":true}' : '{"error":"Not Found"}');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("an entry whose server speaks another version of HTTP than its protocol needs", () => {
  it.each(["v1", "v2"] as const)("of %s is told to use gRPC, or the port of REST", async (protocol) => {
    const { url } = await startInferenceServer({ ModelReady: () => ({ ready: true }) });
    expect(await readinessOf(url, protocol)).toMatchObject({
      state: "not-ready",
      reason:
        "the model server speaks Open Inference Protocol (v2) over gRPC; " +
        "set protocol: grpc-v2 in the entry, or give it the port of REST",
    });
  });

  it.each([
    ["v1", ["/v1/models/fraud"], "KServe v1"],
    ["v2", ["/v1/models/fraud", "/v2/models/fraud/ready"], "Open Inference Protocol (v2)"],
  ])("of gRPC is told to use %s, or the port of gRPC (knative/serving#7140)", async (spoken, paths, title) => {
    expect(await readinessOf(await startRest(...paths), "grpc-v2")).toMatchObject({
      state: "not-ready",
      reason: `the model server speaks ${title}; set protocol: ${spoken} in the entry, or give it the port of gRPC`,
    });
  });

  it("keeps its own reason where the model is not known there either", async () => {
    const { url } = await startInferenceServer({ ModelReady: () => ({ ready: false }) });
    expect(await readinessOf(url, "v2")).toMatchObject({
      state: "unreachable",
      reason: expect.stringContaining("does not speak HTTP/1.1"),
    });
    expect(await readinessOf(await startRest(), "grpc-v2")).toMatchObject({
      state: "unreachable",
      reason: expect.stringContaining("does not speak HTTP/2"),
    });
  });
});
