/** The blocks of docs/VERSIONS.md, as a reader runs them: each on a registry of its own. */
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { readPage, snippetsOf } from "../../docs/snippets.ts";
import { until } from "../../support/until.ts";
import type { Background } from "../support/background.ts";
import { programs, projectDir } from "../support/paths.ts";
import { startRegistry } from "../support/registry-server.ts";
import { run } from "../support/run.ts";

const blocks = snippetsOf(readPage("docs/VERSIONS.md")).filter(({ language }) => ["bash", "python"].includes(language));
const isServer = ({ text }: { text: string }): boolean => / serve\n$/.test(text);

let folder: string;
let registry: Background;
const env = (): Record<string, string> => ({
  PATH: [join(folder, "bin"), process.env.PATH].join(delimiter),
  KSERVE_MODEL_REGISTRY_ADDRESS: registry.url,
});

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kserve-model-registry-page-"));
  const bin = join(folder, "bin");
  await run("mkdir", [bin]);
  symlinkSync(programs.grpcurl, join(bin, "grpcurl"));
  const own = `#!/bin/sh\nexec "${process.execPath}" "${projectDir}/src/main.ts" "$@"\n`;
  writeFileSync(join(bin, "kserve-model-registry"), own);
  chmodSync(join(bin, "kserve-model-registry"), 0o755);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a reader puts in the place of what the page takes for granted. */
function filledIn(text: string): string {
  const { hostname, port } = new URL(registry.url);
  return text
    .replaceAll(/http:\/\/(model-registry-service[^\s/]*|localhost):8080/g, registry.url)
    .replaceAll("localhost:8080", `${hostname}:${port}`)
    .replaceAll('"http://localhost", 8080', `"http://${hostname}", ${port}`)
    .replaceAll(/DATABASE_URL=postgres:\S+/g, `DATABASE_URL=sqlite:${join(folder, "moved.db")}`)
    .replaceAll(/ DATABASE_PASSWORD_FILE=\S+/g, "");
}

it.each(blocks.filter((block) => !isServer(block)))("line $line works", async ({ language, text }) => {
  registry = await startRegistry("registry-versions-page", [], {
    DATABASE_URL: "sqlite::memory:",
    KSERVE_MODEL_REGISTRY: "",
  });
  onTestFinished(async () => void (await registry.stop()));
  const [program, args] =
    language === "python"
      ? [programs.registryPython, ["-c", filledIn(text)]]
      : ["bash", ["-e", "-o", "pipefail", "-c", filledIn(text)]];
  const { code, stdout, stderr } = await run(program as string, args as string[], { cwd: folder, env: env() });
  expect(code, stdout + stderr).toBe(0);
  // What REST says of an error; curl ends well with it.
  expect(stdout).not.toContain('"code"');
});

it.each(blocks.filter(isServer))("line $line starts a server", async ({ text }) => {
  const child = spawn("bash", ["-c", `exec env ${text}`], {
    cwd: folder,
    env: { ...process.env, PATH: [join(folder, "bin"), process.env.PATH].join(delimiter), PORT: "0" },
  });
  onTestFinished(() => void child.kill());
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
  });
  await until(() => output.includes("Listening on"), "the server listens", 20_000);
});
