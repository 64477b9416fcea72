import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "../../measure/paths.ts";
import { quantile } from "../../measure/stats.ts";
import { startAnswering } from "../answering.ts";
import { atRate, createCaller } from "../scale/load.ts";
import { type MeasuredService, startMeasuredService } from "../scale/measured-service.ts";
import { beginningOf, editions, lastModelOf, type MadeCatalog, putEdition } from "./made-catalog.ts";

const model = "anomaly-detector";
const predictionsPerSecond = 200;
const rounds = 10;

/** What predictions, and the event loop, notice of a catalog that is read again. */
export interface ReloadFigures {
  /**
   * Of predictions, in milliseconds: while nothing is read; while another process reads as much, which is what the machine
   * alone costs; and while the service reads every source again and again.
   */
  readonly p99: ReloadTimes;
  readonly p50: ReloadTimes;
  /** The longest that the event loop stood still, without the time that the machine gave it no core. */
  readonly longestStallMs: number;
  /** The most CPU time of one turn of the event loop, which other work on the machine does not add to. */
  readonly longestTurnMs: number;
  /** From the change of the files until the last source is served, the longest of all rounds. */
  readonly reloadMs: number;
}

interface ReloadTimes {
  readonly quiet: number;
  readonly beside: number;
  readonly reloading: number;
}

/** Predicts at a fixed rate, first alone, then beside another process that reads, then while every source of the catalog is read again, round after round. */
export async function measureReload(catalog: MadeCatalog): Promise<ReloadFigures> {
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
    await service.vitals();
    const end = new AbortController();
    const during = predictUntil(service, end.signal);
    let reloadMs = 0;
    for (let round = 1; round <= rounds; round++) reloadMs = Math.max(reloadMs, await reload(catalog, service, round));
    end.abort();
    const reloading = await during;
    const { longestStallMs, longestTurnMs } = await service.vitals();
    const at = (share: number) => ({
      quiet: quantile(quiet, share),
      beside: quantile(beside, share),
      reloading: quantile(reloading, share),
    });
    return { p99: at(0.99), p50: at(0.5), longestStallMs, longestTurnMs, reloadMs };
  } finally {
    await service.stop();
    modelServer.close();
  }
}

/** Puts another edition into force, and waits until it is served. Returns how long that took, in milliseconds. */
async function reload(catalog: MadeCatalog, { url }: MeasuredService, round: number): Promise<number> {
  const edition = round % editions;
  const { source, name } = lastModelOf(catalog);
  const path = `/api/model_catalog/v1/sources/${source}/models/${encodeURIComponent(name)}`;
  await putEdition(catalog, edition);
  const began = performance.now();
  for (;;) {
    const { description } = (await (await fetch(url + path)).json()) as { description: string };
    if (description.startsWith(beginningOf(edition))) return performance.now() - began;
    await sleep(20);
  }
}

/** How long each prediction took, in milliseconds. */
async function predictFor(service: MeasuredService, seconds: number): Promise<readonly number[]> {
  return predictUntil(service, AbortSignal.timeout(seconds * 1000));
}

async function predictBeside(service: MeasuredService, folder: string): Promise<readonly number[]> {
  const reader = spawn(process.execPath, ["bench/catalog/reader.ts", folder], { cwd: root, stdio: "inherit" });
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
