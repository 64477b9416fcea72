import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { CatalogSources } from "../../src/catalog/sources/catalog-sources.ts";
import { writeDataFile } from "./made-catalog.ts";

/** The longest that the event loop stands still while every source of a catalog is read again, in milliseconds. */
export async function longestStallMs(folder: string, form: "json" | "yaml"): Promise<number> {
  const sources = new CatalogSources({
    sourcesFiles: [join(folder, "sources.yaml")],
    performanceDirs: [],
    dataDirs: [],
    maxFileBytes: 64 * 1024 ** 2,
    maxEntries: 100_000,
    pollMs: 200,
    log: { info: () => {}, warn: () => {} },
  });
  await sources.start();
  await sources.settled();
  const known = new Map([...sources.snapshot.sources].map(([id, { models }]) => [id, models]));
  for (const [i, id] of [...known.keys()].entries()) writeDataFile(folder, `${id}.${form}`, i * 1000, 1000, form);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  while ([...sources.snapshot.sources].some(([id, { models }]) => models === known.get(id))) await sleep(20);
  await sleep(100);
  delay.disable();
  await sources.stop();
  return delay.max / 1e6;
}
