/**
 * `npm run bench:catalog`: what a catalog of 10,000 models with 4 artifacts each costs: the start, memory, a filtered page,
 * and the longest stall while every source is read again. `--yaml` writes the data files as YAML instead of JSON.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { writeMadeCatalog } from "./made-catalog.ts";
import { longestStallMs } from "./stalls.ts";

const port = 8397;
const url = `http://127.0.0.1:${port}`;
const form = process.argv.includes("--yaml") ? "yaml" : "json";
const ticksPerSecond = 100;

const folder = mkdtempSync(join(tmpdir(), "catalog-bench-"));
try {
  const bytes = writeMadeCatalog(folder, { sources: 10, models: 1000, form });
  console.log(
    `${new Date().toISOString()}, load ${loadavg()[0]!.toFixed(1)}: 10,000 models, 40,000 artifacts, ${(bytes / 1e6).toFixed(1)} MB of ${form}`,
  );
  await measureServer();
  console.log(`longest stall while all sources are read again: ${(await longestStallMs(folder, form)).toFixed(1)} ms`);
} finally {
  rmSync(folder, { recursive: true });
}

async function measureServer(): Promise<void> {
  const began = performance.now();
  const server = spawn(process.execPath, [join(import.meta.dirname, "../../src/main.ts"), "serve"], {
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      HOST: "127.0.0.1",
      LOG_LEVEL: "error",
      CATALOG_SOURCES: join(folder, "sources.yaml"),
    },
    stdio: "inherit",
  });
  try {
    while ((await fetch(`${url}/readyz`).catch(() => undefined))?.status !== 200) await sleep(20);
    console.log(
      `ready after ${((performance.now() - began) / 1000).toFixed(2)} s, ${cpuMs(server).toFixed(0)} ms of CPU`,
    );
    await sleep(3000);
    console.log(`resident memory: ${(residentBytes(server) / 1024 ** 2).toFixed(0)} MiB`);
    const pages = 200;
    const before = cpuMs(server);
    for (let i = 0; i < pages; i++) {
      // Different each time, so that nothing is remembered; the last match stands near the end of the list.
      const filter = `license = "mit" AND artifacts.hardware_type = "H${i % 3}" AND artifacts.ttft_p90 < ${60 + i / pages}`;
      const answer = await fetch(`${url}/api/model_catalog/v1/models?filterQuery=${encodeURIComponent(filter)}`);
      if (answer.status !== 200) throw new Error(await answer.text());
      await answer.text();
    }
    console.log(`a filtered page: ${((cpuMs(server) - before) / pages).toFixed(2)} ms of CPU`);
  } finally {
    server.kill();
  }
}

function cpuMs({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1000;
}

function residentBytes({ pid }: ChildProcess): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) * 1024;
}
