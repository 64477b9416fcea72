import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { bundleProgram } from "../../scripts/bundle.ts";
import { isUpToDate } from "../../scripts/up-to-date.ts";

declare module "vitest" {
  interface ProvidedContext {
    /**
     * The program for tests that start processes: bundled, as it is deployed, for a start from its sources reads
     * hundreds of files and takes three times as long.
     */
    program: string;
  }
}

const folder = ".cache/program";
const program = join(import.meta.dirname, "../..", folder, "kserve-model-registry.js");

/** Bundles the program before the first test, where its sources have changed, and before tests that run again. */
export default async function setup(project: TestProject): Promise<void> {
  await bundleOnce();
  project.onTestsRerun(bundleOnce);
  project.provide("program", program);
}

async function bundleOnce(): Promise<void> {
  const sources = ["src", "gen", "scripts/bundle.ts", "package-lock.json"];
  if (isUpToDate([join(folder, "kserve-model-registry.js")], sources)) return;
  mkdirSync(join(program, ".."), { recursive: true });
  writeFileSync(join(program, "../package.json"), '{ "type": "module" }\n');
  await bundleProgram(join(program, ".."));
}
