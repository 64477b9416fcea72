/**
 * `npm run bench:catalog`: what a catalog of 10,000 models with 4 artifacts each costs the built program: the start, memory,
 * a filtered page; and what predictions and the event loop notice while every source is read again. `--yaml` writes the data
 * files as YAML instead of JSON.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endWithProcess } from "../../measure/end-with-process.ts";
import { paths } from "../../measure/paths.ts";
import { cpuMs, rss } from "../../measure/proc-stat.ts";
import { shippedFlags } from "../../measure/shipped-flags.ts";
import { buildBundle } from "../build.ts";
import { type MadeCatalog, writeMadeCatalog } from "./made-catalog.ts";
import { measureReload, type PredictionTimes, type ReloadFigures } from "./reload.ts";

const port = 8397;
const url = `http://127.0.0.1:${port}`;

buildBundle();
const catalog: MadeCatalog = {
  folder: mkdtempSync(join(tmpdir(), "catalog-bench-")),
  sources: 10,
  models: 1000,
  form: process.argv.includes("--yaml") ? "yaml" : "json",
};
try {
  const bytes = await writeMadeCatalog(catalog);
  console.log(
    `${new Date().toISOString()}, load ${loadavg()[0]!.toFixed(1)}: 10,000 models, 40,000 artifacts, ${(bytes / 1e6).toFixed(1)} MB of ${catalog.form}`,
  );
  await measureServer();
  const { quiet, beside, touched, rewritten } = await measureReload(catalog);
  report("predictions alone", quiet);
  report("while another process reads as much", beside);
  report("while every source is read, with 1 % of its models changed", touched);
  report("while every source is read, with all of its models changed", rewritten);
} finally {
  rmSync(catalog.folder, { recursive: true });
}

function report(when: string, figures: PredictionTimes & Partial<ReloadFigures>): void {
  const { p50, p99, longestStallMs, longestTurnMs = 0, reloadMs = 0 } = figures;
  console.log(`${when}: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`);
  if (longestStallMs === undefined) return;
  console.log(
    `  longest stall ${longestStallMs.toFixed(1)} ms, most CPU in one turn ${longestTurnMs.toFixed(1)} ms, served after ${(reloadMs / 1000).toFixed(2)} s at most`,
  );
}

async function measureServer(): Promise<void> {
  const began = performance.now();
  const server = spawn(process.execPath, [...shippedFlags, paths.bundle, "serve"], {
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      HOST: "127.0.0.1",
      LOG_LEVEL: "error",
      CATALOG_SOURCES: join(catalog.folder, "sources.yaml"),
    },
    stdio: "inherit",
  });
  endWithProcess(server);
  try {
    while ((await fetch(`${url}/readyz`).catch(() => undefined))?.status !== 200) await sleep(20);
    console.log(
      `ready after ${((performance.now() - began) / 1000).toFixed(2)} s, ${cpuMs(server.pid!).toFixed(0)} ms of CPU`,
    );
    await sleep(3000);
    console.log(`resident memory: ${(rss(server.pid!).now / 1024 ** 2).toFixed(0)} MiB`);
    const pages = 200;
    const before = cpuMs(server.pid!);
    for (let i = 0; i < pages; i++) {
      // Different each time, so that nothing is remembered; the last match stands near the end of the list.
      const filter = `license = "mit" AND artifacts.hardware_type = "H${i % 3}" AND artifacts.ttft_p90 < ${60 + i / pages}`;
      const answer = await fetch(`${url}/api/model_catalog/v1/models?filterQuery=${encodeURIComponent(filter)}`);
      if (answer.status !== 200) throw new Error(await answer.text());
      await answer.text();
    }
    console.log(`a filtered page: ${((cpuMs(server.pid!) - before) / pages).toFixed(2)} ms of CPU`);
  } finally {
    server.kill();
  }
}
