import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { projectDir } from "./support/paths.ts";

const dist = join(projectDir, "dist");
const entry = join(dist, "kserve-model-registry.js");

/** The files that are read when one of them is: its static imports, and theirs. */
function readWith(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, target] of readFileSync(file, "utf8").matchAll(/^(?:import|export)\b[^"']*["'](\.[^"']+)["'];?$/gm)) {
    readWith(resolve(dirname(file), target!), seen);
  }
  return seen;
}

function chunkWith(text: string): string {
  const chunks = readdirSync(join(dist, "chunks")).map((name) => join(dist, "chunks", name));
  const found = chunks.filter((chunk) => readFileSync(chunk, "utf8").includes(text));
  expect(found, text).toHaveLength(1);
  return found[0]!;
}

describe("the bundle", () => {
  const server = chunkWith("async function startService");

  it.each([
    ["the Kubernetes client", "// node_modules/@kubernetes/client-node/dist/config.js"],
    ["OpenTelemetry's exporter", "// node_modules/@opentelemetry/exporter-trace-otlp-proto/"],
  ])("reads %s only when it is needed", (_, text) => {
    const chunk = chunkWith(text);
    expect(readWith(server).has(chunk)).toBe(false);
    expect(readWith(entry).has(chunk)).toBe(false);
  });

  it("starts the other commands without the server", () => {
    expect(readWith(entry).size).toBeGreaterThan(1);
    expect(readWith(entry).has(server)).toBe(false);
  });

  it("omits the unused parts of the Kubernetes client", () => {
    const bytes = readdirSync(join(dist, "chunks")).map((name) => statSync(join(dist, "chunks", name)).size);
    // All of the client would be 17 MB.
    expect(Math.max(...bytes)).toBeLessThan(3 * 1024 ** 2);
  });

  it("keeps the code of the page out of the server's", () => {
    const chunks = readdirSync(join(dist, "chunks")).map((name) => readFileSync(join(dist, "chunks", name), "utf8"));
    expect(chunks.filter((text) => /node_modules\/(?:react|react-dom|@patternfly|@tanstack)\//.test(text))).toEqual([]);
  });

  it("has the page beside it, whose first view takes 350 kB of script and style at most", () => {
    const page = join(dist, "ui");
    const assets = [...readFileSync(join(page, "index.html"), "utf8").matchAll(/"\.\/(assets\/[^"]+)"/g)].map(
      ([, name]) => name!,
    );
    expect(assets.length).toBeGreaterThan(1);
    // Small files are smaller as they are.
    const sizeOf = (name: string): number =>
      Math.min(
        ...[name, `${name}.gz`]
          .filter((one) => existsSync(join(page, one)))
          .map((one) => statSync(join(page, one)).size),
      );
    const bytes = assets.map(sizeOf).reduce((sum, size) => sum + size, 0);
    expect(bytes).toBeLessThanOrEqual(350_000);
  });

  it("runs without node_modules beside it", () => {
    const { status, stdout } = spawnSync(process.execPath, [entry, "--version"], { cwd: "/", encoding: "utf8" });
    const { version } = JSON.parse(readFileSync(join(projectDir, "package.json"), "utf8")) as { version: string };
    expect({ status, stdout }).toEqual({ status: 0, stdout: `${version}\n` });
  });
});
