import { setTimeout as sleep } from "node:timers/promises";
import { quantile } from "../../measure/stats.ts";
import { startAnswering } from "../answering.ts";
import { Caller } from "./calls.ts";
import { cases } from "./cases.ts";
import type { BenchDatabase } from "./databases.ts";
import { type Served, serve } from "./processes.ts";

/** How long predictions took while the database was in one state, in milliseconds. */
export interface Beside {
  readonly state: string;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const modelName = "disk-failure-predictor";
const predictions = 1000;
/** A prediction begins so often, whether or not the one before has ended. */
const everyMs = 5;
/** So many callers of the registry of versions go on and on beside them, each with a pause in between. */
const listing = 4;
const pauseMs = 20;

/** Measures predictions of a server while the registry of versions beside them is used, and its database hangs or is gone. */
export async function measureBeside(database: BenchDatabase, address: string): Promise<readonly Beside[]> {
  const modelServer = await startAnswering('{"predictions":[1]}');
  try {
    const service = await startService(address, modelServer.url);
    try {
      return await latenciesOf(service, statesOf(database));
    } finally {
      await service.stop();
    }
  } finally {
    modelServer.close();
  }
}

function startService(address: string, modelServer: string): Promise<Served> {
  const models = [{ name: modelName, namespace: "bench", type: "classification", url: modelServer }];
  return serve(["dist/kserve-model-registry.js", "serve"], {
    DATABASE_URL: address,
    KSERVE_MODEL_REGISTRY: JSON.stringify(models),
    LOG_LEVEL: "info",
  });
}

async function latenciesOf(service: Served, states: readonly State[]): Promise<readonly Beside[]> {
  const found: Beside[] = [];
  await latencyOf(service, predictions / 2);
  for (const [state, begin, end] of states) {
    await begin();
    const stop = useRegistry(service);
    found.push({ state, ...(await latencyOf(service, predictions)) });
    await stop();
    await end();
  }
  return found;
}

type State = readonly [name: string, begin: () => unknown, end: () => unknown];

function statesOf({ server }: BenchDatabase): readonly State[] {
  const nothing = (): void => {};
  const well: State = ["is healthy", nothing, nothing];
  if (server === undefined) return [well];
  return [well, ["is paused", server.pause, server.resume], ["is stopped", server.kill, server.start]];
}

/** Lists and filters for as long as it is not stopped; what fails is tried again. */
function useRegistry({ url }: Served): () => Promise<void> {
  const caller = new Caller(url);
  const contents = { count: 1, lastToken: "" };
  const calls = cases.filter(({ name }) => /page of 20$|none both/.test(name)).map(({ call }) => call(contents, 0));
  let isStopped = false;
  const one = async (_: unknown, i: number): Promise<void> => {
    while (!isStopped) {
      await caller.send(calls[i % calls.length]!).catch(() => {});
      await sleep(pauseMs);
    }
  };
  const all = Promise.all(Array.from({ length: listing }, one));
  return async () => {
    isStopped = true;
    // What hangs ends with its connection.
    caller.close();
    await all;
  };
}

async function latencyOf({ url }: Served, count: number): Promise<Pick<Beside, "p50Ms" | "p99Ms">> {
  const caller = new Caller(url);
  const call = { method: "POST", path: `/v1/models/${modelName}:predict`, body: '{"instances":[[1,2]]}' } as const;
  const started = performance.now();
  const all: Promise<number>[] = [];
  for (let i = 0; i < count; i++) {
    await sleep(Math.max(0, started + i * everyMs - performance.now()));
    const begun = performance.now();
    all.push(caller.send(call).then(() => performance.now() - begun));
  }
  const times = await Promise.all(all);
  caller.close();
  return { p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) };
}
