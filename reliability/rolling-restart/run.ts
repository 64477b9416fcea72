import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../../test/support/until.ts";
import { startModelServer } from "../model-server/model-server.ts";
import { type BalancedClient, createConnectClient, createGrpcClient, healthyModel } from "./balanced-client.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { type ReadyInstances, watchReadiness } from "./ready-instances.ts";

/** What came of one client's calls. */
export interface Score {
  readonly name: string;
  calls: number;
  /** The errors of those that failed. */
  readonly failures: string[];
}

/** Everything that a run has seen. */
export interface Restarted {
  readonly scores: readonly Score[];
  readonly restarts: number;
  readonly seconds: number;
  readonly badEnds: readonly string[];
}

/** Calls of each client that are under way at a time. */
const concurrency = 12;
/** How long the model takes at most, so that some calls are under way whenever an instance is asked to end. */
const modelDelayMs = 30;
/** How long all instances serve between two restarts. */
const calmMs = 1500;
/** However fast the calls are made, each instance is restarted twice. */
const minRestarts = 4;
/** Failures of a client that are reported as they happen. */
const maxShown = 5;
const startMs = 15_000;

/** Makes so many calls, and restarts the instances in turn meanwhile. */
export async function restartUnderLoad(total: number, progress: (text: string) => void): Promise<Restarted> {
  const modelServer = await startModelServer({ models: [healthyModel], delayMs: modelDelayMs });
  const fleet = await startFleet(healthyModel, modelServer.url(healthyModel));
  const instances = watchReadiness(fleet.ports);
  const clients = [
    createGrpcClient(fleet.ports),
    createConnectClient("1.1", fleet.ports, instances),
    createConnectClient("2", fleet.ports, instances),
  ];
  try {
    await until(() => fleet.ports.every((port) => instances.isReady(port)), "all instances are ready", startMs);
    return await callAndRestart({ clients, fleet, instances, total, progress });
  } finally {
    for (const client of clients) client.close();
    instances.stop();
    await fleet.stop();
    await modelServer.kill();
  }
}

interface Parts {
  readonly clients: readonly BalancedClient[];
  readonly fleet: Fleet;
  readonly instances: ReadyInstances;
  readonly total: number;
  readonly progress: (text: string) => void;
}

async function callAndRestart({ clients, fleet, instances, total, progress }: Parts): Promise<Restarted> {
  const scores: Score[] = clients.map(({ name }) => ({ name, calls: 0, failures: [] }));
  const begun = performance.now();
  let count = 0;
  let restarts = 0;
  let broken = false;
  const isOver = (): boolean => broken || (count >= total && restarts >= minRestarts);

  const call = async (client: BalancedClient, score: Score): Promise<void> => {
    while (!isOver()) {
      score.calls++;
      await client.predict(count++).catch((error: Error) => {
        score.failures.push(error.message);
        if (score.failures.length <= maxShown) progress(`${score.name}: ${error.message}`);
      });
    }
  };
  const restart = async (): Promise<void> => {
    while (!isOver()) {
      await sleep(calmMs);
      await fleet.restartNext(instances);
      restarts++;
      const failed = scores.reduce((sum, { failures }) => sum + failures.length, 0);
      progress(`${restarts} restarts, ${count.toLocaleString("en")} calls, ${failed} failed`);
    }
  };
  const restarting = restart().finally(() => {
    broken = true;
  });
  await Promise.all(
    clients.flatMap((client, i) => Array.from({ length: concurrency }, () => call(client, scores[i]!))),
  );
  await restarting;
  return { scores, restarts, seconds: (performance.now() - begun) / 1000, badEnds: fleet.badEnds };
}
