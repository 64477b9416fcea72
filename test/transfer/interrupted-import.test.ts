import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, inject, it } from "vitest";
import { runCli } from "../cli/support/run-cli.ts";
import { startRegistry } from "../support/running-service.ts";
import { startHoldingProxy } from "./support/holding-proxy.ts";
import { fillRegistry } from "./support/sample-registry.ts";

/** `npm run test:import` copies 5,000. */
const models = Number(process.env.IMPORT_MODELS ?? "180");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "import-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The program as a process of its own, which can be killed. */
function startImport(from: string, database: string) {
  const child = spawn(
    process.execPath,
    [inject("program"), "import", "--from", from, "--timeout", "1h", "-o", "json"],
    {
      cwd: resolve(import.meta.dirname, "../.."),
      env: { PATH: process.env.PATH, DATABASE_URL: database },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let out = "";
  let err = "";
  child.stdout.on("data", (text) => (out += text));
  child.stderr.on("data", (text) => (err += text));
  const ended = new Promise<{ status: number | string; out: string; err: string }>((done) => {
    child.once("close", (code, signal) => done({ status: code ?? signal!, out, err }));
  });
  return { kill: (signal: NodeJS.Signals) => child.kill(signal), ended };
}

function versionsIn(file: string): number {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return Number(database.prepare("select count(*) as n from kmr_model_version").get()!.n);
  } finally {
    database.close();
  }
}

/** An export without the times of its aliases, which are when they were set here. */
async function exported(address: string, file: string): Promise<readonly string[]> {
  expect(await runCli(["export", "--address", address, "--file", file])).toMatchObject({ status: 0 });
  return readFileSync(file, "utf8")
    .split("\n")
    .map((line) => (line.includes('"kind":"alias"') ? line.replace(/"lastUpdateTimeSinceEpoch":"\d+"/, "") : line));
}

it(`an import of ${models} models that is interrupted twice is equal at the end, ids kept`, {
  timeout: 600_000,
}, async () => {
  const [sourceFile, targetFile] = [join(folder, "source.db"), join(folder, "target.db")];
  await fillRegistry(`sqlite:${sourceFile}`, models);
  const source = await startRegistry({ env: { DATABASE_URL: `sqlite:${sourceFile}` } });
  const proxy = await startHoldingProxy(source.url);
  const target = `sqlite:${targetFile}`;

  // Each version is one request for its artifacts: the first run ends after a third of them.
  proxy.allow(Math.ceil(models / 3) + 20);
  const killed = startImport(proxy.url, target);
  await proxy.untilHeld();
  killed.kill("SIGKILL");
  expect((await killed.ended).status).toBe("SIGKILL");
  const first = versionsIn(targetFile);
  expect(first).toBeGreaterThan(0);
  expect(first).toBeLessThan(models);

  proxy.allow(Math.ceil((2 * models) / 3) + 40);
  const stopped = startImport(proxy.url, target);
  await proxy.untilHeld();
  stopped.kill("SIGINT");
  expect(await stopped.ended).toMatchObject({
    status: 1,
    err: expect.stringContaining("interrupted; what was written is kept; run the same command again to continue"),
  });
  const second = versionsIn(targetFile);
  expect(second).toBeGreaterThan(first);
  expect(second).toBeLessThan(models);

  proxy.allow(Number.POSITIVE_INFINITY);
  const { status, out, err } = await startImport(proxy.url, target).ended;
  expect(status, err).toBe(0);
  const report = JSON.parse(out);
  expect(report).toMatchObject({ isEqual: true, differing: 0 });
  // What was there is not written again.
  expect(report.kinds.modelVersion).toEqual({ read: models, written: models - second, equal: models, here: models });
  expect(report.kinds.alias).toMatchObject({ read: Math.floor(models / 10), equal: Math.floor(models / 10) });

  const copy = await startRegistry({ env: { DATABASE_URL: target } });
  expect(await exported(copy.url, join(folder, "copy.jsonl"))).toEqual(
    await exported(source.url, join(folder, "source.jsonl")),
  );
});
