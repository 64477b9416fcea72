/**
 * `npm run scale`: many ModelRegistrations in a real API server, many changes a second, and what that costs the service.
 * Everything runs on this machine, the API server and the load too: the figures of the service are what they are beside
 * all of that.
 *
 *     npm run scale -- --models 10000 --rate 1000 --seconds 60
 */
import os from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startCluster } from "../../test/kube/support/cluster.ts";
import { installModelRegistrations } from "../../test/kube/support/manifests.ts";
import { startFakeUpstream } from "../../test/support/fake-upstream.ts";
import { quantile } from "../stats.ts";
import { atRate, type Caller, createCaller } from "./load.ts";
import { createRegistrationWriter } from "./registrations.ts";
import { type ServiceProcess, startServiceProcess, type Vitals } from "./service-process.ts";
import { watchDescriptions } from "./watch.ts";

const { values } = parseArgs({
  options: {
    models: { type: "string", default: "10000" },
    rate: { type: "string", default: "1000" },
    seconds: { type: "string", default: "60" },
  },
});
const [models, rate, seconds] = [Number(values.models), Number(values.rate), Number(values.seconds)];
const predictionsPerSecond = 100;
const ms = (value: number): string => `${value.toFixed(1)} ms`;
const mib = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(0)} MiB`;
const percentiles = (list: readonly number[]): string =>
  `p50 ${ms(quantile(list, 0.5))}, p99 ${ms(quantile(list, 0.99))}, most ${ms(quantile(list, 1))} (${list.length} measured)`;

const nameOf = (i: number): string => `model-${String(i).padStart(5, "0")}`;

console.log(`${os.cpus().length} cores, ${os.cpus()[0]?.model}; load ${os.loadavg()[0]?.toFixed(1)}`);
const upstream = await startFakeUpstream();
const cluster = await startCluster({ auditLog: false });
const writer = createRegistrationWriter(cluster, cluster.adminToken, 64);
try {
  await installModelRegistrations(cluster.api);
  const creating = performance.now();
  let next = 0;
  const create = async (): Promise<void> => {
    while (next < models) await writer.create(nameOf(next++), upstream.url);
  };
  await Promise.all(Array.from({ length: 64 }, create));
  console.log(`${models} ModelRegistrations created in ${((performance.now() - creating) / 1000).toFixed(1)} s`);

  const service = await startServiceProcess(
    {
      KUBECONFIG: cluster.kubeconfig,
      KSERVE_KUBERNETES_SOURCES: "model-registration",
      KSERVE_READINESS_INTERVAL: "0",
    },
    models,
  );
  const caller = createCaller(service.url);
  try {
    const started = await service.vitals();
    console.log(`start until ready with ${models} models: ${(service.startMs / 1000).toFixed(2)} s`);
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
  writer.close();
  await cluster.stop();
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
  let longestQueue = 0;
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
    // A prime step: each model changes in its turn, and neighbours change at other times.
    const model = nameOf((turn * 7919) % models);
    const description = `change ${turn}`;
    longestQueue = Math.max(longestQueue, ++underWay);
    writer
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
    `  ${begun} changes begun, ${(acceptedInTime / took).toFixed(0)} a second accepted by the API server, ${refused} refused, at most ${longestQueue} under way`,
  );
  console.log(
    `  from the answer of the API server until a watcher of the service has the change: ${percentiles(served)}, ${acceptedAt.size} not seen by itself`,
  );
  return accepted;
}
