/**
 * `npm run bench:changes`: how soon a change of one model is served: from the moment that it is in its place, a file that is
 * renamed or an object that a real API server has accepted, until a caller of WatchModels has it. One change at a time, with
 * pauses, so that none waits for another; `npm run scale` measures many at once. Wants `test/kube/install.sh`.
 * `--changes N`: of each place. Default: 200. `--write`: puts the figures into docs/KUBERNETES.md.
 */
import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { quantile } from "../../measure/stats.ts";
import { figure, table } from "../../measure/table.ts";
import { writeFigures } from "../../reliability/document.ts";
import { printRules, type Rule } from "../../reliability/rule.ts";
import { buildBundle } from "../build.ts";
import { startMeasuredService } from "../scale/measured-service.ts";
import { watchDescriptions } from "../scale/watch.ts";
import { openPlaces, type Place } from "./places.ts";

const limitMs = 60;
/** So long that the gap between two swaps of the registry is over, and not always as long. */
const pauseMs = { min: 60, max: 200 } as const;
const lostAfterMs = 5000;

const text = { type: "string", default: "200" } as const;
const { values } = parseArgs({ options: { changes: text, write: { type: "boolean", default: false } } });
const changes = Number(values.changes);

buildBundle();
const { places, close } = await openPlaces();
try {
  const load = loadavg()[0]!.toFixed(1);
  console.log(`${new Date().toISOString()}, load ${load}: ${changes} changes in each place`);
  const rows: string[][] = [];
  const rules: Rule[] = [];
  for (const place of places) {
    const servedMs = await timesOf(place);
    const [median, p99, most] = [0.5, 0.99, 1].map((share) => figure(quantile(servedMs, share)));
    rows.push([place.name, `${median} ms`, `${p99} ms`, `${most} ms`]);
    const rule = `a change of a ${place.name} is served within ${limitMs} ms at the median`;
    rules.push({ rule, measured: `${median} ms`, met: quantile(servedMs, 0.5) <= limitMs, timed: true });
  }
  const head = ["where the model is described", "median", "99th percentile", "most"];
  const figures = `${table(head, rows, [1, 2, 3])}\n\nThe load of the machine was ${load} before.`;
  console.log(`\n${figures}\n`);
  if (values.write) writeFigures("changes", "npm run bench:changes", figures, rules, "docs/KUBERNETES.md");
  if (!printRules(rules)) process.exitCode = 1;
} finally {
  await close();
}

/** How long each change took until it was served, in milliseconds. */
async function timesOf({ env, describe }: Place): Promise<readonly number[]> {
  const service = await startMeasuredService({ KSERVE_READINESS_INTERVAL: "0", ...env }, 1);
  const seen = new Map<string, number>();
  const watch = watchDescriptions(service.url, (description) => seen.set(description, performance.now()));
  try {
    await watch.synced;
    const times: number[] = [];
    for (let i = 0; i < changes; i++) {
      await sleep(pauseMs.min + Math.random() * (pauseMs.max - pauseMs.min));
      const description = `change ${i}`;
      await describe(description);
      const since = performance.now();
      while (!seen.has(description)) {
        if (performance.now() - since > lostAfterMs) throw new Error(`${description} is not served`);
        await sleep(1);
      }
      // The watch may be faster than the answer of the API server.
      times.push(Math.max(0, seen.get(description)! - since));
    }
    return times;
  } finally {
    await watch.stop();
    await service.stop();
  }
}
