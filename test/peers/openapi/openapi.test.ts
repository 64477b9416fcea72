/** schemathesis: does the service do what its `/openapi.json` says, for requests that fit it and for those that do not? */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { demoCatalogSources } from "../../../demo/catalog.ts";
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
  registry = await startRegistry("registry-openapi", entries, {
    DATABASE_URL: "sqlite::memory:",
    CATALOG_SOURCES: demoCatalogSources,
  });
});
afterAll(() => registry?.stop());

/**
 * CI makes a few requests of each operation, alone and one after the other; `npm run test:openapi` also goes through the
 * limits of every schema, and makes up to `SCHEMATHESIS_EXAMPLES` requests of each.
 */
const isLong = process.env.OPENAPI === "1";
const examples = process.env.SCHEMATHESIS_EXAMPLES ?? (isLong ? "25" : "3");
const phases = isLong ? "examples,coverage,fuzzing,stateful" : "fuzzing,stateful";
const timeoutMs = isLong ? 3_600_000 : 590_000;

interface Report {
  readonly operations: { readonly tested: number; readonly total: number };
  readonly test_cases: { readonly generated: number };
  readonly failures: readonly unknown[];
  readonly errors: readonly unknown[];
}

it("every operation answers as the document says, under all checks", { timeout: timeoutMs + 10_000 }, async () => {
  const reportFile = join(cacheDir, "results/schemathesis-report.json");
  const config = ["--config-file", join(import.meta.dirname, "schemathesis.toml")];
  const report = ["--report", "json", "--report-json-path", reportFile];
  const checks = ["--checks", "all", "--phases", phases, "--max-examples", examples, "--workers", "2", "--no-color"];
  const args = ["-m", "schemathesis.cli", ...config, "run", `${registry.url}/openapi.json`, ...checks, ...report];
  const { code, stdout, stderr } = await run(programs.schemathesisPython, args, {
    cwd: cacheDir,
    timeoutMs,
    env: { SCHEMATHESIS_HOOKS: join(import.meta.dirname, "hooks.py") },
  });
  const { operations, test_cases, failures, errors } = JSON.parse(readFileSync(reportFile, "utf8")) as Report;
  const failed = failures.length + errors.length;
  recordCases("schemathesis", { passed: test_cases.generated - failed, failed });
  console.log(`schemathesis: ${test_cases.generated} cases, ${failed} failed`);
  expect(code, stdout + stderr).toBe(0);
  expect(operations.tested).toBe(operations.total);
});
