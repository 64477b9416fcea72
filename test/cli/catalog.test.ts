import { join, resolve } from "node:path";
import { PassThrough } from "node:stream";
import { beforeAll, describe, expect, it } from "vitest";
import { createProgram } from "../../src/cli/program.ts";
import { type Service, startService } from "../../src/compose/service.ts";
import { captureLog } from "../support/captured-log.ts";
import { until } from "../support/until.ts";

const fixture = resolve(import.meta.dirname, "../catalog/fixture");
let service: Service;

beforeAll(async () => {
  const env = {
    PORT: "0",
    HOST: "127.0.0.1",
    DATABASE_URL: "sqlite::memory:",
    CATALOG_SOURCES: join(fixture, "sources.yaml"),
  };
  service = await startService(env, captureLog().log);
  await until(async () => (await fetch(`${service.url}/readyz`)).status === 200);
  return () => service.stop();
});

/** Asks the server of this test. */
function run(...args: string[]): ReturnType<typeof runAlone> {
  return runAlone(...args, "--address", service.url);
}

async function runAlone(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const program = createProgram({ env: {}, stdin: new PassThrough().end(), stdout, stderr } as never);
  const status = await program.run(["catalog", ...args]);
  const text = (stream: PassThrough): string => (stream.read() as Buffer | null)?.toString() ?? "";
  return { status, stdout: text(stdout), stderr: text(stderr) };
}

describe("the commands of the catalog", () => {
  it("list and search models", async () => {
    const listed = await run("list", "--source", "lab", "--filter", 'license = "apache-2.0"');
    expect(listed).toMatchObject({ status: 0, stderr: "" });
    expect(listed.stdout.split("\n").map((line) => line.split(/\s+/)[1])).toEqual([
      "NAME",
      "lab/tiny-chat",
      "other/Vision",
      undefined,
    ]);
    const found = await run("search", "FULL", "-o", "json");
    expect(JSON.parse(found.stdout).models.map(({ name }: { name: string }) => name)).toEqual(["lab/disk-forecast"]);
  });

  it("show a model with its files, its figures and its model card", async () => {
    const { stdout } = await run("get", "lab", "lab/tiny-chat");
    for (const part of [
      "Small chat model",
      "oci://registry.example.org/tiny-chat:1",
      "TTFT_P90",
      "60.5",
      "# Tiny chat",
    ]) {
      expect(stdout).toContain(part);
    }
    expect(await run("get", "lab", "nobody")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("No model found 'nobody' in source 'lab'"),
    });
  });

  it("say how sources are", async () => {
    const { stdout } = await run("sources");
    expect(stdout).toMatch(/^half-bad +models +partially-available +1 /m);
    expect(stdout).toMatch(/^off +models +disabled +0 /m);
  });

  it("preview a source with a data file", async () => {
    const { writeFileSync, mkdtempSync, rmSync } = await import("node:fs");
    const { tmpdir } = await import("node:os");
    const folder = mkdtempSync(join(tmpdir(), "preview-"));
    writeFileSync(join(folder, "source.yaml"), "type: yaml\nexcludedModels: ['other/*']\n");
    const { stdout } = await run("preview", join(folder, "source.yaml"), "--data", join(fixture, "lab.yaml"));
    rmSync(folder, { recursive: true });
    expect(stdout).toMatch(/^other\/Vision +no$/m);
    expect(stdout).toContain("2 of 3 entries included\n");
  });

  it("register a model", async () => {
    const args = ["register", "lab", "lab/disk-forecast", "7", "--name", "disk-forecast"];
    expect((await run(...args)).stdout).toMatch(/^disk-forecast:7 is registered, ID \d+\n$/);
    expect((await run(...args)).stdout).toMatch(
      /^disk-forecast:7 was already registered with the same values, ID \d+\n$/,
    );
  });

  it("refuse what they do not know", async () => {
    const { status, stderr } = await runAlone("nonsense");
    expect([status, stderr]).toEqual([2, expect.stringContaining("unknown command nonsense")]);
  });
});
