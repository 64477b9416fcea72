/**
 * `npm run scale`: many ModelRegistrations, many changes of them a second, and what that costs the service. Everything
 * runs on this machine, the API server and the load too: the figures of the service are what they are beside all that.
 *
 *     npm run scale -- --models 10000 --rate 1000 --seconds 60
 *     npm run scale -- --stand-in
 *
 * A real API server wants two cores of its own for 1,000 changes a second; with `--stand-in` one that costs nothing tells
 * the changes.
 */
import os from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startFakeUpstream } from "../../test/support/fake-upstream.ts";
import { quantile } from "../stats.ts";
import { startRealApiServer } from "./api-server.ts";
import { atRate, type Caller, createCaller } from "./load.ts";
import { type ServiceProcess, startServiceProcess, type Vitals } from "./service-process.ts";
import { startStandIn } from "./stand-in.ts";
import { watchDescriptions } from "./watch.ts";

const { values } = parseArgs({
  options: {
    models: { type: "string", default: "10000" },
    rate: { type: "string", default: "1000" },
    seconds: { type: "string", default: "60" },
    "stand-in": { type: "boolean", default: false },
  },
});
const [models, rate, seconds] = [Number(values.models), Number(values.rate), Number(values.seconds)];
const predictionsPerSecond = 100;
/** More changes than this at once are left out: an API server that cannot follow only gets slower by them. */
const maxUnderWay = 256;

const ms = (value: number): string => `${value.toFixed(1)} ms`;
const seconds1 = (value: number): string => `${(value / 1000).toFixed(1)} s`;
const mib = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(0)} MiB`;
const percentiles = (list: readonly number[]): string =>
  `p50 ${ms(quantile(list, 0.5))}, p99 ${ms(quantile(list, 0.99))}, most ${ms(quantile(list, 1))} (${list.length} measured)`;

const nameOf = (i: number): string => `model-${String(i).padStart(5, "0")}`;

console.log(`${os.cpus().length} cores, ${os.cpus()[0]?.model}; load ${os.loadavg()[0]?.toFixed(1)}`);
const upstream = await startFakeUpstream();
const names = Array.from({ length: models }, (_, i) => nameOf(i));
const creating = performance.now();
const apiServer = await (values["stand-in"] ? startStandIn : startRealApiServer)(names, upstream.url);
try {
  const words = values["stand-in"] ? "a stand-in for an API server" : "a real API server";
  console.log(`${words} with ${models} ModelRegistrations, after ${seconds1(performance.now() - creating)}`);
  const service = await startServiceProcess(
    {
      KUBECONFIG: apiServer.kubeconfig,
      KSERVE_KUBERNETES_SOURCES: "model-registration",
      KSERVE_READINESS_INTERVAL: "0",
    },
    models,
  );
  const caller = createCaller(service.url);
  try {
    const started = await service.vitals();
    console.log(
      `start until ready with ${models} models: ${seconds1(service.startMs)}, of which CPU ${seconds1(started.cpuMs)}`,
    );
    tellStalls(started);
    console.log(`  memory: ${mib(started.rss)}, of which heap ${mib(started.heapUsed)}`);

    console.log(`quiet, ${predictionsPerSecond} predictions a second:`);
    await measure(caller, 10);
    const quiet = await service.vitals();
    tellStalls(quiet);
    const quietShare = (quiet.cpuMs - started.cpuMs) / 10_000;
    console.log(`  CPU: ${(quietShare * 100).toFixed(1)} % of a core`);

    console.log(`${rate} changes a second for ${seconds} s:`);
    const changes = await measureChanges(service, caller);
    const changed = await service.vitals();
    tellStalls(changed);
    const perChange = (changed.cpuMs - quiet.cpuMs - quietShare * seconds * 1000) / changes;
    console.log(`  CPU: ${(perChange * 1000).toFixed(0)} µs a change, beyond that of the predictions`);
    console.log(`  memory: ${mib(changed.rss)}, at its peak ${mib(service.peakBytes())}`);
  } finally {
    caller.close();
    await service.stop();
  }
} finally {
  await apiServer.stop();
  await upstream.close().catch(() => {});
}

async function measure(caller: Caller, forSeconds: number): Promise<void> {
  const times: number[] = [];
  let failed = 0;
  await atRate(predictionsPerSecond, forSeconds, (turn) => {
    caller.predict(nameOf(turn % 100)).then(
      (time) => times.push(time),
      () => failed++,
    );
  });
  await sleep(500);
  console.log(`  Predict: ${percentiles(times)}, ${failed} failed`);
}

function tellStalls({ longestStallMs, longestTurnMs, turnsAbove20Ms }: Vitals): void {
  console.log(
    `  event loop: longest stall by the clock ${ms(longestStallMs)}; longest turn by CPU time ${ms(longestTurnMs)}, ${turnsAbove20Ms} above 20 ms`,
  );
}

/** Returns how many changes were made. */
async function measureChanges(service: ServiceProcess, caller: Caller): Promise<number> {
  const served: number[] = [];
  const acceptedAt = new Map<string, number>();
  let accepted = 0;
  let refused = 0;
  let underWay = 0;
  let leftOut = 0;
  // The watch may be faster than the answer of the API server: served before it is accepted, as it were.
  const early = new Set<string>();
  const watch = watchDescriptions(service.url, (description) => {
    const since = acceptedAt.get(description);
    if (since === undefined) early.add(description);
    else served.push(performance.now() - since);
    acceptedAt.delete(description);
  });
  await watch.synced;
  early.clear();
  const predictions = measure(caller, seconds);
  const { begun, seconds: took } = await atRate(rate, seconds, (turn) => {
    if (underWay >= maxUnderWay) {
      leftOut++;
      return;
    }
    underWay++;
    // A prime step: each model changes in its turn, and neighbours change at other times.
    const model = nameOf((turn * 7919) % models);
    const description = `change ${turn}`;
    apiServer
      .describe(model, description)
      .then(
        () => {
          accepted++;
          if (early.delete(description)) served.push(0);
          else acceptedAt.set(description, performance.now());
        },
        () => refused++,
      )
      .finally(() => underWay--);
  });
  const acceptedInTime = accepted;
  const end = performance.now() + 30_000;
  while ((underWay > 0 || acceptedAt.size > 0) && performance.now() < end) await sleep(10);
  await predictions;
  await watch.stop();
  console.log(
    `  ${begun} changes due, ${(acceptedInTime / took).toFixed(0)} a second accepted by the API server, ${refused} refused, ${leftOut} left out`,
  );
  console.log(
    `  from the answer of the API server until a watcher of the service has the change: ${percentiles(served)}, ${acceptedAt.size} not seen by itself`,
  );
  return accepted;
}
