import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endWithProcess } from "../../measure/end-with-process.ts";
import { root } from "../../measure/paths.ts";
import { quantile } from "../../measure/stats.ts";
import { startAnswering } from "../answering.ts";
import { atRate, createCaller } from "../scale/load.ts";
import { type MeasuredService, startMeasuredService } from "../scale/measured-service.ts";
import { beginningOf, type Edition, editions, lastModelOf, type MadeCatalog, putEdition } from "./made-catalog.ts";

const model = "anomaly-detector";
const predictionsPerSecond = 200;
const rounds = 10;
/** How often it is asked which edition is served: so seldom that predictions do not notice. */
const pollMs = 100;

/** How long predictions took, in milliseconds. */
export interface PredictionTimes {
  readonly p50: number;
  readonly p99: number;
}

/** What predictions, and the event loop, notice of sources that are read again and again. */
export interface ReloadFigures extends PredictionTimes {
  /** The longest that the event loop stood still, without the time that the machine gave it no core. */
  readonly longestStallMs: number;
  /** The most CPU time of one turn of the event loop, which other work on the machine does not add to. */
  readonly longestTurnMs: number;
  /** From the change of the files until the last source is served, the longest of all rounds. */
  readonly reloadMs: number;
}

/** The same predictions in four surroundings. */
export interface CatalogFigures {
  /** While nothing is read. */
  readonly quiet: PredictionTimes;
  /** While another process reads every source as often, which is what the machine alone costs. */
  readonly beside: PredictionTimes;
  /** While the service reads every source, with one of a hundred models changed in each. */
  readonly touched: ReloadFigures;
  /** While the service reads every source, with every model changed. */
  readonly rewritten: ReloadFigures;
}

/** Predicts at a fixed rate, first alone, then beside another process that reads, then while every source of the catalog is read again, round after round. */
export async function measureReload(catalog: MadeCatalog): Promise<CatalogFigures> {
  const modelServer = await startAnswering('{"predictions":[0.5]}');
  const env = {
    LOG_LEVEL: "info",
    KSERVE_MODEL_REGISTRY: JSON.stringify([{ name: model, type: "anomaly", url: modelServer.url }]),
    CATALOG_SOURCES: join(catalog.folder, "sources.yaml"),
  };
  const service = await startMeasuredService(env, 1);
  try {
    await predictFor(service, 5);
    const quiet = await predictFor(service, 20);
    const beside = await predictBeside(service, catalog.folder);
    const touched = await predictReloading(service, catalog, editions.touched);
    const rewritten = await predictReloading(service, catalog, editions.rewritten);
    return { quiet: timesOf(quiet), beside: timesOf(beside), touched, rewritten };
  } finally {
    await service.stop();
    modelServer.close();
  }
}

function timesOf(times: readonly number[]): PredictionTimes {
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

/** Predicts while an edition takes the place of the first one, and the first one its place, in turns. */
async function predictReloading(
  service: MeasuredService,
  catalog: MadeCatalog,
  edition: Edition,
): Promise<ReloadFigures> {
  await service.vitals();
  const end = new AbortController();
  const during = predictUntil(service, end.signal);
  let reloadMs = 0;
  for (let round = 0; round < rounds; round++) {
    const next = round % 2 === 0 ? edition : editions.first;
    reloadMs = Math.max(reloadMs, await reload(catalog, service, next));
  }
  end.abort();
  const { longestStallMs, longestTurnMs } = await service.vitals();
  return { ...timesOf(await during), longestStallMs, longestTurnMs, reloadMs };
}

/** Puts another edition into force, and waits until it is served. Returns how long that took, in milliseconds. */
async function reload(catalog: MadeCatalog, { url }: MeasuredService, edition: Edition): Promise<number> {
  const { source, name } = lastModelOf(catalog);
  const path = `/api/model_catalog/v1/sources/${source}/models/${encodeURIComponent(name)}`;
  await putEdition(catalog, edition);
  const began = performance.now();
  for (;;) {
    const { description } = (await (await fetch(url + path)).json()) as { description: string };
    if (description.startsWith(beginningOf(edition))) return performance.now() - began;
    await sleep(pollMs);
  }
}

/** How long each prediction took, in milliseconds. */
async function predictFor(service: MeasuredService, seconds: number): Promise<readonly number[]> {
  return predictUntil(service, AbortSignal.timeout(seconds * 1000));
}

async function predictBeside(service: MeasuredService, folder: string): Promise<readonly number[]> {
  const reader = spawn(process.execPath, ["bench/catalog/reader.ts", folder], { cwd: root, stdio: "inherit" });
  endWithProcess(reader);
  try {
    // Until it has started, and knows its work.
    await predictFor(service, 3);
    return await predictFor(service, 20);
  } finally {
    reader.kill();
  }
}

async function predictUntil({ url }: MeasuredService, signal: AbortSignal): Promise<readonly number[]> {
  const caller = createCaller(url);
  const times: number[] = [];
  const open = new Set<Promise<void>>();
  const predict = (): void => {
    const began = performance.now();
    const call = caller
      .predict(model)
      // A busy machine may have one turned away, which counts with the time that it took.
      .catch(() => {})
      .then(() => {
        times.push(performance.now() - began);
        open.delete(call);
      });
    open.add(call);
  };
  while (!signal.aborted) await atRate(predictionsPerSecond, 0.5, predict);
  await Promise.all(open);
  caller.close();
  return times;
}
