import { createClient } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Health } from "../../gen/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "../../gen/grpc/reflection/v1/reflection_pb.ts";
import { WatchEvent } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { createGuard } from "../../src/access/guard.ts";
import { createKubernetes } from "../../src/access/kubernetes.ts";
import { keepLease } from "../../src/api/caller-lease.ts";
import { permittedEvents } from "../../src/api/watch/permitted-events.ts";
import { watchModels } from "../../src/api/watch/watch-events.ts";
import { clientOf } from "../support/clients.ts";
import { errorOf, partsOf } from "../support/error-details.ts";
import { httpVersions } from "../support/http-client.ts";
import { openStream } from "../support/open-stream.ts";
import { createParts } from "../support/parts.ts";
import { until } from "../support/until.ts";
import { transportOf, ways } from "../support/ways.ts";
import { bearer, startGuarded } from "./support/guarded-service.ts";

const expired = { code: "Unauthenticated", reason: "UNAUTHENTICATED" };

async function drain(messages: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of messages);
}

type Headers = Readonly<Record<string, string>>;

/** Every call that stays open, by its name, as the end that it comes to. All of them wait at the same time. */
const openCalls: Readonly<Record<string, (url: string, headers: Headers) => Promise<unknown>>> = {
  ...Object.fromEntries(
    ways
      .filter(({ get }) => !get)
      .map((way) => [
        `WatchModels over ${way.name}`,
        async (url, headers) => {
          const seen: WatchEvent[] = [];
          const watch = async (): Promise<void> => {
            for await (const { event } of clientOf(way, url).watchModels({}, { headers })) seen.push(event);
          };
          const end = partsOf(await errorOf(watch()));
          // What comes later is that the watch of its health has asked whether it is ready.
          expect(seen.slice(0, 2), way.name).toEqual([WatchEvent.ADDED, WatchEvent.SYNCED]);
          return end;
        },
      ]),
  ),
  ...Object.fromEntries(
    ["mine", ""].map((service) => [
      `the watch of the health of "${service}"`,
      async (url, headers) => {
        const client = createClient(Health, transportOf(ways[0]!, url));
        return partsOf(await errorOf(drain(client.watch({ service }, { headers }))));
      },
    ]),
  ),
  async reflection(url, headers) {
    const client = createClient(ServerReflection, transportOf(ways[0]!, url));
    const question = { messageRequest: { case: "listServices" as const, value: "" } };
    async function* questions() {
      for (let i = 0; i < 50; i++) {
        yield question;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    return partsOf(await errorOf(drain(client.serverReflectionInfo(questions(), { headers }))));
  },
};

describe("a token that expires", () => {
  it("ends what is open, in every protocol", async () => {
    const { url, log, issuer } = await startGuarded({ OIDC_CLOCK_TOLERANCE: "0" });
    // Good for some two seconds, or three.
    const exp = Math.floor(Date.now() / 1000) + 3;
    const headers = bearer(await issuer.token({ models: ["mine"], exp }));
    const streams = await Promise.all(
      httpVersions.map((version) => openStream(version, url, "/api/v1/models?watch=true", headers)),
    );
    const calls = Object.entries(openCalls);
    const ends = await Promise.all(calls.map(async ([name, end]) => [name, await end(url, headers)] as const));
    expect(Object.fromEntries(ends)).toMatchObject(Object.fromEntries(calls.map(([name]) => [name, expired])));
    for (const stream of streams) {
      await stream.ended;
      expect(stream.text()).toContain("event: synced");
    }
    const count = calls.length + streams.length;
    await until(() => log.calls().length === count, "every call is over");
    expect(log.calls()).toEqual(
      Array(count).fill(
        expect.objectContaining({ reason: "UNAUTHENTICATED", error: expect.stringContaining("has expired") }),
      ),
    );
  });
});

describe("a caller that the cluster knows", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** A cluster that knows one token and lets its bearer use some models, until that is changed. */
  function createCluster() {
    const cluster = { knows: true, answers: true, allowed: ["mine", "theirs"], reviews: 0 };
    const reviewer = {
      async review(_path: string, review: object) {
        if (!cluster.answers) throw new Error("connect ECONNREFUSED");
        const { kind, spec } = review as { kind: string; spec: { resourceAttributes?: { name?: string } } };
        if (kind === "TokenReview") {
          cluster.reviews++;
          return { status: { authenticated: cluster.knows, user: { username: "ada" } } };
        }
        const allowed = cluster.allowed.includes(spec.resourceAttributes?.name ?? "");
        return { status: { allowed } };
      },
    };
    return { cluster, reviewer };
  }

  async function admitted(ttlMs: number) {
    const { cluster, reviewer } = createCluster();
    const { authenticate } = createKubernetes({ reviewer, audiences: [], ttlMs, versionsNamespace: "ml" });
    const guard = createGuard({ authenticate, certificates: undefined, open: () => "closed", ttlMs });
    const access = await guard.admit({ path: "/", authorization: "Bearer t", peer: {} });
    return { cluster, caller: keepLease(access) };
  }

  it.each([5000, 0])(
    "is asked for again and again while a call is open, with decisions kept for %i ms",
    async (ttlMs) => {
      const { cluster, caller } = await admitted(ttlMs);
      await vi.advanceTimersByTimeAsync(25_000);
      expect(cluster.reviews).toBeGreaterThan(2);
      expect(caller.signal?.aborted).toBe(false);
      cluster.knows = false;
      await vi.advanceTimersByTimeAsync(10_000);
      expect(caller.signal?.reason).toMatchObject({ reason: "UNAUTHENTICATED" });
      const { reviews } = cluster;
      await vi.advanceTimersByTimeAsync(60_000);
      expect(cluster.reviews).toBe(reviews);
    },
  );

  it("is no longer checked once the call has ended", async () => {
    const { cluster, caller } = await admitted(5000);
    caller.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(cluster.reviews).toBe(1);
  });

  it("is as good as unknown when it cannot be asked for", async () => {
    const { cluster, caller } = await admitted(5000);
    cluster.answers = false;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(caller.signal?.reason).toMatchObject({ reason: "ACCESS_CHECK_FAILED" });
  });

  it("sees no more of a model whose right is taken away meanwhile", async () => {
    const { cluster, caller } = await admitted(5000);
    const parts = createParts({ models: [{ name: "mine" }, { name: "theirs" }] });
    const events = watchModels({ registry: parts.registry, filter: {}, resumeToken: "", signal: caller.signal! });
    const permitted = permittedEvents(events, parts.registry, caller, {});
    const next = async () => {
      const { value } = await permitted.next();
      return [value.kind, value.model?.name];
    };
    expect([await next(), await next(), await next()]).toEqual([
      ["added", "mine"],
      ["added", "theirs"],
      ["synced", undefined],
    ]);
    cluster.allowed = ["mine"];
    await vi.advanceTimersByTimeAsync(10_000);
    parts.apply([
      { name: "theirs", description: "changed" },
      { name: "mine", description: "changed" },
    ]);
    parts.apply([{ name: "mine", description: "changed again" }]);
    expect([await next(), await next()]).toEqual([
      ["changed", "mine"],
      ["changed", "mine"],
    ]);
    await permitted.return(undefined);
    caller.stop();
  });
});
