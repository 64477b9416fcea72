import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { describe, expect, it, onTestFinished } from "vitest";
import { ModelSource } from "../../gen/kserve/registry/v1/model_pb.ts";
import { BreakerState, ModelRegistry } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { callKey } from "../../src/api/call.ts";
import { createModelRegistryService } from "../../src/api/rpc/model-registry-service.ts";
import { startService } from "../../src/compose/service.ts";
import type { Access } from "../../src/registry/access.ts";
import { clientOf, rows } from "../support/clients.ts";
import { createParts } from "../support/parts.ts";
import { until } from "../support/until.ts";
import { ways } from "../support/ways.ts";

const quiet = {
  PORT: "0",
  HOST: "127.0.0.1",
  LOG_LEVEL: "silent",
  KSERVE_READINESS_INTERVAL: "0",
  SHUTDOWN_GRACE: "1s",
};

async function registryWith(env: Record<string, string>): Promise<string> {
  const service = await startService({ ...quiet, ...env });
  onTestFinished(() => service.stop());
  return service.url;
}

describe.each(ways)("ListActivity and ListSources over $name", (way) => {
  it("answer for models that are idle and a source that is up to date", async () => {
    const models = [{ name: "idle", service: "idle", type: "anomaly", url: "http://127.0.0.1:9" }];
    const client = clientOf(way, await registryWith({ KSERVE_MODEL_REGISTRY: JSON.stringify(models) }));
    expect((await client.listActivity({})).activities).toEqual([]);
    const { sources } = await client.listSources({});
    expect(sources).toMatchObject([
      { name: "environment", kind: ModelSource.ENVIRONMENT, loaded: true, entryCount: 1, refusedCount: 0, problem: "" },
    ]);
    expect([sources[0]?.changeTime === undefined, sources[0]?.staleSince]).toEqual([false, undefined]);
  });
});

const [way] = ways as [(typeof ways)[number]];

it("ListActivity names models with predictions under way, and those that no calls go to", async () => {
  const server = createServer((request) => request.resume());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const busy = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const entry = (name: string, namespace: string, url: string) => ({
    name,
    namespace,
    service: name,
    type: "anomaly",
    url,
  });
  const url = await registryWith({
    KSERVE_BREAKER_FAILURES: "1",
    KSERVE_MODEL_REGISTRY: JSON.stringify([
      entry("slow", "team-a", busy),
      entry("gone", "team-b", "http://127.0.0.1:1"),
      entry("idle", "team-b", busy),
    ]),
  });
  const client = clientOf(way, url);
  const leaving = new AbortController();
  const slow = client
    .predict({ ...rows("slow", [1]), namespace: "team-a" }, { signal: leaving.signal })
    .catch(() => {});
  await client.predict({ ...rows("gone", [1]), namespace: "team-b" }).catch(() => {});
  await until(async () => (await client.listActivity({})).activities.length === 2);
  const { activities } = await client.listActivity({});
  expect(activities).toMatchObject([
    { name: "gone", namespace: "team-b", inFlight: 0 },
    { name: "slow", namespace: "team-a", inFlight: 1, queued: 0, breaker: { state: BreakerState.CLOSED } },
  ]);
  expect(activities[0]?.breaker?.state).not.toBe(BreakerState.CLOSED);
  const ofTeam = await client.listActivity({ namespace: "team-a" });
  expect(ofTeam.activities.map(({ name }) => name)).toEqual(["slow"]);
  leaving.abort();
  await slow;
});

it("ListSources says since when a source is not up to date, and why", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sources-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "models.yaml");
  const write = (text: string): void => {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  };
  write("models: [{name: alpha, service: a, type: anomaly}, {name: beta, service: b, type: magic}]");
  const client = clientOf(way, await registryWith({ KSERVE_MODELS_FILE: path }));
  await until(async () => (await client.listSources({})).sources[0]!.loaded);
  expect((await client.listSources({})).sources).toMatchObject([
    { kind: ModelSource.FILE, loaded: true, entryCount: 1, refusedCount: 1, problem: "" },
  ]);
  const beforeMs = Date.now();
  write("models: [");
  await until(async () => (await client.listSources({})).sources[0]!.problem !== "");
  const [file] = (await client.listSources({})).sources;
  expect(file).toMatchObject({ loaded: true, entryCount: 1 });
  expect(timestampDate(file!.staleSince!).getTime()).toBeGreaterThanOrEqual(beforeMs - 1000);
});

it("who may not use all models learns nothing of those of others", async () => {
  const parts = createParts({ models: [{ name: "mine" }, { name: "theirs" }] });
  parts.registry.setTrouble({ kind: "environment", name: "environment", cluster: "" }, "theirs is at 10.0.0.1");
  const access: Access = {
    caller: "ada",
    mayUse: ({ name }) => name === "mine",
    mayUseAll: () => false,
    mayKeep: () => false,
  };
  const pipeline = Object.assign(Object.create(parts.pipeline), {
    activeLoads: () =>
      [...parts.registry.snapshot.keys].map((key) => [key, { ...parts.pipeline.load(key), inFlight: 1 }]),
  });
  const transport = createRouterTransport(
    (router) => router.service(ModelRegistry, createModelRegistryService({ ...parts.rpc, pipeline })),
    {
      router: {
        interceptors: [
          (next) => (request) => {
            request.contextValues.set(callKey, { access } as never);
            return next(request);
          },
        ],
      },
    },
  );
  const client = createClient(ModelRegistry, transport);
  expect((await client.listActivity({})).activities.map(({ name }) => name)).toEqual(["mine"]);
  const { sources } = await client.listSources({});
  expect(sources).toMatchObject([{ entryCount: 0, problem: "" }]);
  expect(sources[0]?.staleSince).toBeDefined();
});
