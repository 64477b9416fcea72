import { setTimeout as sleep } from "node:timers/promises";
import { paths } from "../../measure/paths.ts";
import { rss } from "../../measure/proc-stat.ts";
import { startServiceProcess } from "../../measure/service-process.ts";
import { median } from "../../measure/stats.ts";

/** What a server costs that nobody has asked for anything yet. */
export interface ServerCost {
  /** From the start of the process until it listens, in milliseconds. */
  readonly startMs: number;
  /** What the system has given it, in bytes. */
  readonly residentBytes: number;
  /** What lives on after a collection of garbage, in bytes. */
  readonly liveBytes: number;
}

const rounds = 9;
/** So long it is left alone, in milliseconds. */
const restMs = 2000;

const models = JSON.stringify([{ name: "a", service: "s", type: "anomaly" }]);

/** What the server costs with the page and without: medians of starts in turns. */
export async function measureServerCost(): Promise<Readonly<Record<"on" | "off", ServerCost>>> {
  const found: Record<"on" | "off", ServerCost[]> = { on: [], off: [] };
  // One start that does not count fills the caches of the system.
  await oneStart("on");
  for (let round = 0; round < rounds; round++) {
    // What comes second in a round may find the machine busier, or its caches fuller.
    for (const page of round % 2 === 0 ? (["on", "off"] as const) : (["off", "on"] as const)) {
      found[page].push(await oneStart(page));
    }
  }
  return { on: medians(found.on), off: medians(found.off) };
}

async function oneStart(page: "on" | "off"): Promise<ServerCost> {
  const began = performance.now();
  const env = { PORT: "0", HOST: "127.0.0.1", KSERVE_READINESS_INTERVAL: "0", KSERVE_MODEL_REGISTRY: models, UI: page };
  const server = await startServiceProcess(env, { program: paths.bundle });
  try {
    const startMs = performance.now() - began;
    await sleep(restMs);
    const { now: residentBytes } = rss(server.pid);
    return { startMs, residentBytes, liveBytes: await server.liveBytes() };
  } finally {
    await server.stop();
  }
}

function medians(costs: readonly ServerCost[]): ServerCost {
  const of = (key: keyof ServerCost): number => median(costs.map((cost) => cost[key]));
  return { startMs: of("startMs"), residentBytes: of("residentBytes"), liveBytes: of("liveBytes") };
}
