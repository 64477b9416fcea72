import { setTimeout as sleep } from "node:timers/promises";
import { watchCoreWait } from "../../measure/core-wait.ts";
import { startFakeUpstream } from "../../test/support/fake-upstream.ts";
import { startRealApiServer } from "./api-server.ts";
import { atRate, type Caller, createCaller } from "./load.ts";
import { type MeasuredService, startMeasuredService, type Vitals } from "./measured-service.ts";
import { startStandIn } from "./stand-in.ts";
import { watchDescriptions } from "./watch.ts";

/** How many models, how many changes of them a second, and for how long. */
export interface Scale {
  readonly models: number;
  readonly perSecond: number;
  readonly seconds: number;
  /** Against a real API server. It wants two cores of its own for 1,000 changes a second. */
  readonly real: boolean;
}

/** What a while of predictions at a fixed rate came to, and how the service was meanwhile. */
export interface Phase extends Vitals {
  /** Of each prediction, in milliseconds, without the time that the machine gave caller and service no core. */
  readonly predictMs: readonly number[];
  readonly failed: number;
  readonly seconds: number;
}

/** What was found. All times are in milliseconds, and without the time that the machine gave the processes no core. */
export interface Found {
  readonly startMs: number;
  readonly start: Vitals;
  readonly quiet: Phase;
  readonly changing: Phase;
  /** From the answer of the API server until a watcher of the service has the change; 0 where the watcher was faster. */
  readonly servedMs: readonly number[];
  readonly due: number;
  /** By the API server. */
  readonly accepted: number;
  /** Not begun, because too many were under way. */
  readonly leftOut: number;
  /** Taken by the API server, and seen by no watcher half a minute later. */
  readonly lost: number;
  readonly peakBytes: number;
}

type Span = readonly [from: number, to: number];

const quietSeconds = 10;
const predictionsPerSecond = 100;
/** More changes than this at once are left out: an API server that cannot follow only gets slower by them. */
const maxUnderWay = 256;
const lostAfterMs = 30_000;

const nameOf = (i: number): string => `model-${String(i).padStart(5, "0")}`;

/** Starts an API server and the service, and measures the service at rest and under changes. */
export async function runScale(scale: Scale, progress: (text: string) => void): Promise<Found> {
  const names = Array.from({ length: scale.models }, (_, i) => nameOf(i));
  const upstream = await startFakeUpstream();
  const apiServer = await (scale.real ? startRealApiServer : startStandIn)(names, upstream.url);
  try {
    progress(`${scale.real ? "a real API server" : "a stand-in for an API server"} has ${scale.models} models`);
    const env = {
      KUBECONFIG: apiServer.kubeconfig,
      KSERVE_KUBERNETES_SOURCES: "model-registration",
      // Its model server is on this machine.
      KSERVE_TRUSTED_NAMESPACES: "default",
      KSERVE_READINESS_INTERVAL: "0",
    };
    const service = await startMeasuredService(env, scale.models);
    const caller = createCaller(service.url);
    const wait = watchCoreWait([service.pid, process.pid]);
    const without = ([from, to]: Span): number => Math.max(0, to - from - wait.spreadBetween(from, to));
    try {
      const start = await service.vitals();
      progress("the service is ready; predictions alone");
      const quietCalls = await predict(caller, quietSeconds);
      const quiet = await phaseOf(service, quietCalls, without, quietSeconds);
      progress(`${scale.perSecond} changes a second, beside the predictions`);
      const [changingCalls, { served, ...changes }] = await Promise.all([
        predict(caller, scale.seconds),
        makeChanges(scale, service.url, apiServer.describe),
      ]);
      const changing = await phaseOf(service, changingCalls, without, scale.seconds);
      return {
        startMs: Math.max(0, service.startMs - start.waitedMs),
        start,
        quiet,
        changing,
        servedMs: served.map(without),
        ...changes,
        peakBytes: service.peakBytes(),
      };
    } finally {
      wait.stop();
      caller.close();
      await service.stop();
    }
  } finally {
    await apiServer.stop();
    await upstream.close().catch(() => {});
  }
}

async function phaseOf(
  service: MeasuredService,
  { spans, failed }: Awaited<ReturnType<typeof predict>>,
  without: (span: Span) => number,
  seconds: number,
): Promise<Phase> {
  return { ...(await service.vitals()), predictMs: spans.map(without), failed, seconds };
}

async function predict(caller: Caller, seconds: number): Promise<{ spans: Span[]; failed: number }> {
  const spans: Span[] = [];
  let failed = 0;
  await atRate(predictionsPerSecond, seconds, (turn) => {
    const from = performance.now();
    caller.predict(nameOf(turn % 100)).then(
      () => spans.push([from, performance.now()]),
      () => failed++,
    );
  });
  // The last ones.
  await sleep(500);
  return { spans, failed };
}

async function makeChanges(
  { models, perSecond, seconds }: Scale,
  url: string,
  describe: (name: string, description: string) => Promise<void>,
): Promise<{ served: Span[]; due: number; accepted: number; leftOut: number; lost: number }> {
  const served: Span[] = [];
  const acceptedAt = new Map<string, number>();
  // The watch may be faster than the answer of the API server: served before it is accepted, as it were.
  const early = new Map<string, number>();
  let [accepted, underWay, leftOut] = [0, 0, 0];
  const watch = watchDescriptions(url, (description) => {
    const since = acceptedAt.get(description);
    const now = performance.now();
    if (since === undefined) early.set(description, now);
    else served.push([since, now]);
    acceptedAt.delete(description);
  });
  await watch.synced;
  early.clear();
  const { begun } = await atRate(perSecond, seconds, (turn) => {
    if (underWay >= maxUnderWay) {
      leftOut++;
      return;
    }
    underWay++;
    const description = `change ${turn}`;
    // A prime step: each model changes in its turn, and neighbours change at other times.
    describe(nameOf((turn * 7919) % models), description)
      .then(
        () => {
          accepted++;
          const now = performance.now();
          if (early.delete(description)) served.push([now, now]);
          else acceptedAt.set(description, now);
        },
        () => {},
      )
      .finally(() => underWay--);
  });
  const end = performance.now() + lostAfterMs;
  while ((underWay > 0 || acceptedAt.size > 0) && performance.now() < end) await sleep(10);
  await watch.stop();
  return { served, due: begun, accepted, leftOut, lost: acceptedAt.size };
}
