import { globSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import { closePending, sectionOf, sectionTextOf } from "../../scripts/release/changelog.ts";
import { comesAfter, versionedFiles, withVersion } from "../../scripts/release/versions.ts";
import { output, run } from "../peers/support/run.ts";
import { programs, projectDir } from "./support/paths.ts";

const read = (file: string): string => readFileSync(join(projectDir, file), "utf8");
const { version, scripts } = JSON.parse(read("package.json")) as { version: string; scripts: Record<string, string> };

describe("a release", () => {
  const changelog = "# Changelog\n\n## Pending\n\n- One\n  line.\n- Two.\n\n## 0.1.0 (2026-01-01)\n\n- Old.\n";

  it("closes what is pending, under a date, and opens a new list", () => {
    const closed = closePending(changelog, "0.2.0", "2026-02-03");
    expect(closed).toContain("## Pending\n\n## 0.2.0 (2026-02-03)\n\n- One");
    expect(sectionOf(closed, "0.2.0")).toEqual(["One line.", "Two."]);
    expect(sectionOf(closed, "0.1.0")).toEqual(["Old."]);
    expect(sectionTextOf(closed, "Pending")).toBe("");
    expect(() => closePending(closed, "0.3.0", "2026-02-04")).toThrow("nothing is pending");
    expect(() => closePending(changelog, "0.1.0", "2026-02-04")).toThrow("has 0.1.0 already");
  });

  it("takes the points of a version from under its headings", () => {
    const grouped =
      "# Changelog\n\n## 0.2.0 (2026-02-03)\n\nWhat it is.\n\n### Added\n\n#### Calls\n\n- One\n  line.\n\n### Fixed\n\nIn\nall.\n\n- Two.\n";
    expect(sectionOf(grouped, "0.2.0")).toEqual(["One line.", "Two."]);
  });

  it.each([
    ["0.2.0", "0.1.0", true],
    ["0.1.1", "0.1.0", true],
    ["0.10.0", "0.9.9", true],
    ["1.0.0-rc.1", "0.9.0", true],
    ["1.0.0", "1.0.0-rc.1", true],
    ["1.0.0-rc.2", "1.0.0-rc.1", true],
    ["1.0.0-rc.1", "1.0.0", false],
    ["0.1.0", "0.1.0", false],
    ["0.0.9", "0.1.0", false],
    ["v0.2.0", "0.1.0", false],
    ["0.2", "0.1.0", false],
  ])("%s after %s: %s", (next, current, comes) => {
    expect(comesAfter(next, current)).toBe(comes);
  });

  it.each(versionedFiles)("finds the version in %s, and sets all of it", (file) => {
    const changed = withVersion(file, read(file), version, "7.8.9");
    expect(changed).toContain("7.8.9");
    expect(withVersion(file, changed, "7.8.9", version)).toBe(read(file));
    expect(() => withVersion(file, read(file), "6.6.6", "7.8.9")).toThrow(file);
  });

  it("is committed and tagged in one step, and leaves nothing that names the old version", async () => {
    const folder = mkdtempSync(join(tmpdir(), "kserve-model-registry-release-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const clone = join(folder, "clone");
    await output("git", ["clone", "--quiet", "--depth", "1", `file://${projectDir}`, clone]);
    symlinkSync(join(projectDir, "node_modules"), join(clone, "node_modules"));
    await output("git", ["-C", clone, "config", "core.excludesFile", join(folder, "ignored")]);
    const identity = ["AUTHOR", "COMMITTER"].flatMap((who): [string, string][] => [
      [`GIT_${who}_NAME`, "A Maintainer"],
      [`GIT_${who}_EMAIL`, "maintainer@example.com"],
    ]);
    const release = (...args: string[]): ReturnType<typeof run> =>
      run(process.execPath, ["scripts/release/main.ts", ...args], { cwd: clone, env: Object.fromEntries(identity) });
    await output("sh", ["-c", "echo node_modules >>.git/info/exclude"], { cwd: clone });

    expect(await release(version)).toMatchObject({ code: 1, stderr: expect.stringContaining("comes after") });
    expect(await release("7.8.9")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("git push origin HEAD v7.8.9"),
    });
    expect(await output("git", ["-C", clone, "describe", "--exact-match"])).toBe("v7.8.9\n");
    expect(await output("git", ["-C", clone, "status", "--porcelain"])).toBe("");
    expect(parse(readFileSync(join(clone, "charts/kserve-model-registry/Chart.yaml"), "utf8"))).toMatchObject({
      version: "7.8.9",
      appVersion: "7.8.9",
    });
    expect(await release("notes", "7.8.9")).toMatchObject({ code: 0, stdout: expect.stringMatching(/^- /m) });
    const left = await run("git", [
      "-C",
      clone,
      "grep",
      "-lE",
      `(:|newTag: |VERSION=)${version.replaceAll(".", "\\.")}\\b`,
      "--",
      "*.yaml",
      "*.md",
      "Dockerfile",
    ]);
    // The chart of the definition has a version of its own, and pages name it in commands of their own.
    expect(left.stdout.split("\n").filter((file) => file !== "" && !/QUICKSTART|crds/.test(file))).toEqual([]);
  });
});

describe("the chart, packed for a repository", () => {
  it("says where it comes from, which image it runs, and passes lint", async () => {
    const env = { HELM: programs.helm };
    await output(process.execPath, ["scripts/package-chart.ts", "Example/kserve-model-registry"], {
      cwd: projectDir,
      env,
    });
    const packed = join(projectDir, `.cache/chart/kserve-model-registry-${version}.tgz`);
    const chart = parse(await output(programs.helm, ["show", "chart", packed])) as {
      home: string;
      sources: string[];
      icon: string;
      maintainers: { name: string }[];
      annotations: Record<string, string>;
    };
    const address = "https://github.com/Example/kserve-model-registry";
    expect(chart).toMatchObject({ home: address, sources: [address], maintainers: [{ name: "Example" }] });
    expect(chart.icon).toMatch(/\/docs\/icon\.svg$/);
    expect(parse(chart.annotations["artifacthub.io/images"]!)).toMatchObject([
      { image: `ghcr.io/example/kserve-model-registry:${version}` },
      { image: `ghcr.io/example/kserve-model-registry-storage-initializer:${version}` },
    ]);
    expect(parse(chart.annotations["artifacthub.io/crds"]!)).toMatchObject([{ kind: "ModelRegistration" }]);
    expect(await run(programs.helm, ["lint", packed, "--strict", "--quiet"])).toMatchObject({ code: 0, stdout: "" });
    const rendered = await output(programs.helm, [
      ...["template", "r", packed, "--set", "database.type=embedded,storageInitializer.enabled=true"],
    ]);
    for (const image of ["kserve-model-registry", "kserve-model-registry-storage-initializer"]) {
      expect(rendered).toContain(`image: "ghcr.io/example/${image}:${version}"`);
    }
  });
});

describe("the workflows", () => {
  const files = globSync(".github/workflows/*.yaml", { cwd: projectDir }).sort();
  interface Workflow {
    readonly permissions: object;
    readonly jobs: Record<string, { "timeout-minutes"?: number; steps: { run?: string; uses?: string }[] }>;
  }

  it("pass actionlint", async () => {
    expect(files).toEqual([".github/workflows/ci.yaml", ".github/workflows/release.yaml"]);
    const outcome = await run(programs.actionlint, ["-shellcheck=", "-pyflakes=", ...files], { cwd: projectDir });
    expect(outcome).toMatchObject({ code: 0, stdout: "" });
  });

  it.each(files)("%s: rights that are named, jobs that end, scripts that there are", (file) => {
    const { permissions, jobs } = parse(read(file)) as Workflow;
    expect(permissions).toEqual({ contents: "read" });
    for (const { steps, ...job } of Object.values(jobs)) {
      expect(job["timeout-minutes"]).toBeGreaterThan(0);
      for (const { run: text = "" } of steps) {
        for (const [, script] of text.matchAll(/npm run (\S+)/g)) expect(Object.keys(scripts)).toContain(script);
      }
    }
    expect(Object.values(jobs).flatMap(({ steps }) => steps.map((step) => step.run))).toContain(".ci/run");
  });

  it("publish every stage of the Dockerfile that is deployed", () => {
    const { jobs } = parse(read(".github/workflows/release.yaml")) as {
      jobs: Record<string, { steps: { with?: { push?: boolean; target?: string } }[] }>;
    };
    const pushed = jobs.image!.steps.flatMap((step) =>
      step.with?.push === true ? [step.with.target ?? "the last"] : [],
    );
    expect(pushed).toEqual(["the last", "storage-initializer"]);
  });

  it("publish what is promised: package, image with papers and signature, chart, and the changelog's section", () => {
    const text = read(".github/workflows/release.yaml");
    for (const word of [
      "npm publish",
      "linux/amd64,linux/arm64",
      "sbom: true",
      "provenance: mode=max",
      "cosign sign",
      "helm push",
      "gh release create",
    ]) {
      expect(text).toContain(word);
    }
  });
});

describe("the project", () => {
  it.each(["LICENSE", "SECURITY.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "renovate.json"])(
    "has %s, which is long enough to say something",
    (file) => {
      expect(read(file).length).toBeGreaterThan(500);
    },
  );

  it("links between its pages that lead somewhere", () => {
    const pages = globSync(["*.md", "docs/*.md", "charts/*/README.md", "examples/**/*.md"], { cwd: projectDir });
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
        .map(([, target]) => join(dirname(page), target!))
        .filter((target) => globSync(target, { cwd: projectDir }).length === 0)
        .map((target) => `${page}: ${target}`),
    );
    expect(pages.length).toBeGreaterThan(12);
    expect(broken).toEqual([]);
  });

  it("has its base images and actions pinned by the tool that updates them", () => {
    const { extends: presets } = JSON.parse(read("renovate.json")) as { extends: string[] };
    expect(presets).toEqual(expect.arrayContaining(["docker:pinDigests", "helpers:pinGitHubActionDigests"]));
  });
});
