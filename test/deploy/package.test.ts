import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { output, run } from "../peers/support/run.ts";
import { send } from "../support/http-client.ts";
import { startBuiltProgram } from "./support/built-program.ts";
import { projectDir } from "./support/paths.ts";

const { version } = JSON.parse(readFileSync(join(projectDir, "package.json"), "utf8")) as { version: string };

/** npm and the node that runs this, as somebody has them who uses the package. */
const env = { PATH: [join(process.execPath, ".."), process.env.PATH].join(delimiter), npm_config_offline: "true" };

let tarball: string;
let folder: string;

beforeAll(async () => {
  await output(process.execPath, [join(projectDir, "scripts/package.ts")], { env });
  const packed = join(projectDir, ".cache/package");
  tarball = join(packed, readdirSync(packed).find((file) => file.endsWith(".tgz"))!);
  folder = mkdtempSync(join(tmpdir(), "kserve-model-registry-package-"));
  writeFileSync(join(folder, "package.json"), "{}");
  await output("npm", ["install", "--no-fund", "--no-audit", tarball], { cwd: folder, env });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const installed = (): string => join(folder, "node_modules/kserve-model-registry");

describe("the npm package, installed from its tarball into an empty folder without a network", () => {
  it("brings nothing along but itself", () => {
    expect(readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith("."))).toEqual([
      "kserve-model-registry",
    ]);
  });

  it("has its license, and the notices of everything that is built into it", () => {
    expect(readFileSync(join(installed(), "LICENSE"), "utf8")).toContain("Apache License");
    const notices = readFileSync(join(installed(), "THIRD-PARTY-NOTICES.txt"), "utf8");
    const missing = builtIn().filter((name) => !notices.includes(`\n${name} `));
    expect(builtIn().length).toBeGreaterThan(20);
    expect(missing).toEqual([]);
    expect(notices).toContain("Permission is hereby granted, free of charge");
    expect(notices).not.toContain("vitest ");
  });

  it("has no source, no test and no secret of the checkout", () => {
    expect(readdirSync(installed()).sort()).toEqual([
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "SECURITY.md",
      "THIRD-PARTY-NOTICES.txt",
      "bin",
      "dist",
      "package.json",
    ]);
  });

  it.each([
    ["an installation", () => folder],
    ["the checkout", () => projectDir],
  ])("runs by npx in %s", async (_, cwd) => {
    const npx = async (...args: string[]): Promise<object> =>
      await run("npx", ["--no", "--", "kserve-model-registry", ...args], { cwd: cwd(), env });
    expect(await npx("--version")).toMatchObject({ code: 0, stdout: `${version}\n` });
    const file = join(projectDir, "examples/migration/values-hub.yaml");
    expect(await npx("lint", file)).toMatchObject({ code: 0, stdout: expect.stringContaining("no errors") });
  });

  it("serves", async () => {
    const program = await startBuiltProgram(
      ["serve"],
      { KSERVE_MODEL_REGISTRY: "[]" },
      join(installed(), "bin/kserve-model-registry.js"),
    );
    onTestFinished(async () => void (await program.stop()));
    expect(existsSync(join(installed(), "src"))).toBe(false);
    expect(await send("1.1", { url: program.url, path: "/api/v1/models" })).toMatchObject({ status: 200 });
  });
});

/** The packages of which the bundle has code, as esbuild names the files in it. */
function builtIn(): string[] {
  const chunks = globSync("dist/**/*.js", { cwd: projectDir }).map((file) =>
    readFileSync(join(projectDir, file), "utf8"),
  );
  const files = chunks.flatMap((text) => text.match(/^\s*\/\/ node_modules\/\S+$/gm) ?? []);
  return [...new Set(files.map((line) => /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(line)![1]!))];
}
