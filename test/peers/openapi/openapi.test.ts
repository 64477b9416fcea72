/** schemathesis: does the service do what its `/openapi.json` says, for requests that fit it and for those that do not? */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import type { Background } from "../support/background.ts";
import { cacheDir, programs } from "../support/paths.ts";
import { startRegistry } from "../support/registry-server.ts";
import { recordCases } from "../support/results.ts";
import { run } from "../support/run.ts";

/** The models of the examples in the document; a model that takes any row leaves only the service to blame. */
const models = [
  { name: "anomaly-detector", namespace: "self-healing-platform", type: "anomaly" },
  { name: "predictive-analytics", namespace: "forecasting", type: "predictive" },
  { name: "disk-failure-predictor", namespace: "storage-monitoring", type: "classification" },
];

let registry: Background;
beforeAll(async () => {
  const entries = models.map((entry) => ({ ...entry, url: inject("kserveUrl"), model: "echo" }));
  registry = await startRegistry("registry-openapi", entries, { DATABASE_URL: "sqlite::memory:" });
});
afterAll(() => registry?.stop());

/** `SCHEMATHESIS_EXAMPLES=100` tries up to that many requests of each operation; CI fewer. */
const examples = process.env.SCHEMATHESIS_EXAMPLES ?? "25";

interface Report {
  readonly operations: { readonly tested: number; readonly total: number };
  readonly test_cases: { readonly generated: number };
  readonly failures: readonly unknown[];
  readonly errors: readonly unknown[];
}

it("every operation answers as the document says, under all checks", { timeout: 600_000 }, async () => {
  const reportFile = join(cacheDir, "results/schemathesis-report.json");
  const config = ["--config-file", join(import.meta.dirname, "schemathesis.toml")];
  const report = ["--report", "json", "--report-json-path", reportFile];
  const checks = ["--checks", "all", "--max-examples", examples, "--no-color"];
  const args = ["-m", "schemathesis.cli", ...config, "run", `${registry.url}/openapi.json`, ...checks, ...report];
  const { code, stdout, stderr } = await run(programs.schemathesisPython, args, { cwd: cacheDir, timeoutMs: 590_000 });
  const { operations, test_cases, failures, errors } = JSON.parse(readFileSync(reportFile, "utf8")) as Report;
  const failed = failures.length + errors.length;
  recordCases("schemathesis", { passed: test_cases.generated - failed, failed });
  console.log(`schemathesis: ${test_cases.generated} cases, ${failed} failed`);
  expect(code, stdout + stderr).toBe(0);
  expect(operations.tested).toBe(operations.total);
});
