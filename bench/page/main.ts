/**
 * `npm run bench:page`: the page with 10,000 models in Debian's Chromium, over the program as it ships: how soon its first
 * view can be used, how it scrolls, whether its memory stays flat while 100 models a second change, and what it costs a server
 * that nobody opens it on. `-- --minutes 1` keeps watching for that long (default: 10), `-- --write` puts the result into
 * docs/PAGE.md.
 */
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type Browser, chromium, type Page } from "playwright-core";
import { replacePart } from "../../measure/document.ts";
import { paths, root } from "../../measure/paths.ts";
import { startServiceProcess } from "../../measure/service-process.ts";
import { median } from "../../measure/stats.ts";
import { table } from "../../measure/table.ts";
import { buildBundle } from "../build.ts";
import { measureServerCost } from "./server-cost.ts";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "10" }, write: { type: "boolean", default: false } },
});
const minutes = Number(values.minutes);
const modelCount = 10_000;
const changesPerSecond = 100;
const loads = 5;
const scrollSeconds = 5;
const samplesPerMinute = 4;
/** So long a new window is left alone, in milliseconds: its toolbar is a page, too, which keeps a processor busy at first. */
const windowMs = 2000;

interface Entry {
  readonly name: string;
  readonly description: string;
}

// So short that all of them fit into the 1 MiB that a document may have.
const entries: Entry[] = Array.from({ length: modelCount }, (_, i) => ({
  ...{ name: `m${String(i).padStart(5, "0")}`, description: "Made up" },
  ...{ service: "s", namespace: `team-${i % 50}`, type: "anomaly" },
}));
const folder = mkdtempSync(join(tmpdir(), "page-bench-"));
const file = join(folder, "models.yaml");

function write(): void {
  writeFileSync(`${file}.new`, JSON.stringify({ models: entries }));
  renameSync(`${file}.new`, file);
}

/**
 * From the start of the navigation until all models are there and a first letter can be typed, in milliseconds, with nothing
 * of the page in the browser's cache.
 */
async function firstView(
  browser: Browser,
  url: string,
): Promise<{ readonly usableMs: number; readonly filterMs: number }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  try {
    const page = await context.newPage();
    await sleep(windowMs);
    await page.goto(`${url}/ui/`, { waitUntil: "commit" });
    const usableMs = await whenTrue(
      page,
      `document.querySelector("[role=grid]")?.getAttribute("aria-rowcount") === "${modelCount + 1}"`,
    );
    await page.getByLabel("Search models").fill("0424");
    const typedMs = await page.evaluate<number>("performance.now()");
    const foundMs = await whenTrue(
      page,
      'document.querySelector("[role=grid]")?.getAttribute("aria-rowcount") === "12"',
    );
    return { usableMs, filterMs: Math.max(0, foundMs - typedMs) };
  } finally {
    await context.close();
  }
}

/** When something is so on a page, in milliseconds since its navigation began: at the end of that frame. */
function whenTrue(page: Page, condition: string): Promise<number> {
  return page.evaluate<number>(`new Promise((resolve) => {
    const look = () => ((${condition}) ? resolve(performance.now()) : requestAnimationFrame(look));
    look();
  })`);
}

/** Scrolls through all rows for some seconds. Returns the longest frame, in milliseconds. */
function scrolled(page: Page): Promise<number> {
  return page.evaluate<number>(`new Promise((resolve) => {
    const frame = document.querySelector(".kmr-table-frame");
    const began = performance.now();
    let before = began;
    let longest = 0;
    const step = (now) => {
      longest = Math.max(longest, now - before);
      before = now;
      if (now - began > ${scrollSeconds * 1000}) return resolve(longest);
      frame.scrollTop = ((now - began) / ${scrollSeconds * 1000}) * frame.scrollHeight;
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  })`);
}

/** The memory of the page's script after its garbage has been collected, in MiB, while models change. */
async function heapOverTime(page: Page): Promise<number[]> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const heaps: number[] = [];
  let change = 0;
  const churn = setInterval(() => {
    for (let i = 0; i < changesPerSecond; i++) {
      const at = change % modelCount;
      entries[at] = { ...entries[at]!, description: `Changed ${change++}` };
    }
    write();
  }, 1000);
  try {
    for (let i = 0; i <= minutes * samplesPerMinute; i++) {
      await sleep(60_000 / samplesPerMinute);
      await session.send("HeapProfiler.collectGarbage");
      const { metrics } = await session.send("Performance.getMetrics");
      heaps.push(metrics.find(({ name }) => name === "JSHeapUsedSize")!.value / 1024 ** 2);
      console.log(`after ${(((i + 1) * 60) / samplesPerMinute).toFixed(0)} s: ${heaps.at(-1)!.toFixed(1)} MiB`);
    }
  } finally {
    clearInterval(churn);
  }
  if (
    !(await page
      .getByText(/^Changed \d/)
      .first()
      .isVisible())
  )
    throw new Error("no change has reached the page");
  return heaps;
}

const mebibytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MiB`;

buildBundle();
write();
const cost = await measureServerCost();
const server = await startServiceProcess(
  { PORT: "0", HOST: "127.0.0.1", KSERVE_READINESS_INTERVAL: "0", KSERVE_MODELS_FILE: file },
  { program: paths.bundle },
);
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--headless", "--no-sandbox"] });
try {
  const views: Awaited<ReturnType<typeof firstView>>[] = [];
  for (let i = 0; i < loads; i++) views.push(await firstView(browser, server.url));
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(`${server.url}/ui/`);
  await page.getByText(`${modelCount} models`, { exact: true }).waitFor();
  const longestFrameMs = await scrolled(page);
  await page.locator(".kmr-table-frame").evaluate((frame) => frame.scrollTo(0, 0));
  const heaps = await heapOverTime(page);
  const usable = views.map(({ usableMs }) => usableMs);
  const rows = [
    [
      `First view of ${modelCount.toLocaleString("en")} models, until it can be used`,
      `${(median(usable) / 1000).toFixed(2)} s (slowest of ${loads}: ${(Math.max(...usable) / 1000).toFixed(2)} s)`,
    ],
    ["A search over them", `${median(views.map(({ filterMs }) => filterMs)).toFixed(0)} ms`],
    [`Longest frame while scrolling through all of them in ${scrollSeconds} s`, `${longestFrameMs.toFixed(0)} ms`],
    [
      `Memory of its script while ${changesPerSecond} models a second change, for ${minutes} min`,
      `${heaps[0]!.toFixed(1)} MiB at first, ${heaps.at(-1)!.toFixed(1)} MiB at last, ${Math.max(...heaps).toFixed(1)} MiB at most`,
    ],
    [
      "Start of the server until it listens",
      `${cost.on.startMs.toFixed(0)} ms (${cost.off.startMs.toFixed(0)} ms with \`UI=off\`)`,
    ],
    [
      "Memory of the server at rest",
      `${mebibytes(cost.on.residentBytes)} (${mebibytes(cost.off.residentBytes)} with \`UI=off\`)`,
    ],
    [
      "Live memory of the server after a garbage collection",
      `${mebibytes(cost.on.liveBytes)} (${mebibytes(cost.off.liveBytes)} with \`UI=off\`)`,
    ],
  ];
  const about = [
    `What ${modelCount.toLocaleString("en")} models cost a browser, measured on ${new Date().toISOString().slice(0, 10)} with`,
    `\`npm run bench:page -- --minutes ${minutes}\` on ${cpus().length} cores (${cpus()[0]?.model.trim()}) and Chromium`,
    `${browser.version()}; browser and server on the same machine, with a load of ${loadavg()[0]!.toFixed(1)} at the end:`,
  ].join("\n");
  const result = `${about}\n\n${table(["What", "Measured"], rows)}`;
  console.log(`\n${result}`);
  if (values.write) {
    const document = join(root, "docs/PAGE.md");
    writeFileSync(document, replacePart(readFileSync(document, "utf8"), "page", result));
  }
} finally {
  await browser.close();
  await server.stop();
  rmSync(folder, { recursive: true });
}
