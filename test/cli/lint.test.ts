import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sameModels } from "../documents/forms.ts";
import { runCli } from "./support/run-cli.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lint-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe("lint", () => {
  it("counts what is in files without errors", async () => {
    const paths = [file("a.yaml", sameModels.values), file("b.yaml", sameModels["config-map"])];
    expect(await runCli(["lint", ...paths])).toEqual({ status: 0, out: "2 files, 4 models, no errors\n", err: "" });
  });

  it("names each error with file, line and column, and fails", async () => {
    const path = file("models.yaml", "models:\n  - name: a\n    service: a\n    type: anomly\n");
    const { status, out, err } = await runCli(["lint", path]);
    expect(status).toBe(1);
    expect(out).toBe(
      `${path}:4:5: error: models[0] (a): type: expected anomaly, predictive or classification; found "anomly"\n`,
    );
    expect(err).toBe("error: 1 error in 1 file\n");
  });

  it("reads defaults by anchor and merge, as the service does", async () => {
    const stdin = "x-all: &all {type: anomaly}\nmodels:\n  - {<<: *all, name: a, service: a}\n";
    expect((await runCli(["lint", "-"], { stdin })).out).toBe("1 file, 1 model, no errors\n");
  });

  it("passes files that only have warnings", async () => {
    const { status, out } = await runCli(["lint", "-"], { stdin: "kserve:\n  services:\n    anomaly_detector: a\n" });
    expect(status).toBe(0);
    expect(out).toContain("-:2:3: warning: kserve.services is deprecated");
    expect(out).toContain("1 file, 1 model, no errors");
  });

  it("says of an env file what the service would say at its start", async () => {
    const { status, out } = await runCli(["lint", "-"], { stdin: `${sameModels.env}PORT=x\nKSERVE_TIMEOT=3s\n` });
    expect(status).toBe(1);
    expect(out).toBe(
      '-:4:1: error: PORT: expected a whole number from 0 to 65535, found "x"\n' +
        "-:5:1: error: KSERVE_TIMEOT: unknown variable; did you mean KSERVE_TIMEOUT?\n",
    );
  });

  it("prints all of it as JSON for a machine", async () => {
    const { status, out } = await runCli(["lint", "-o", "json", "-"], { stdin: "[{}]" });
    expect(status).toBe(1);
    const [linted] = (JSON.parse(out) as { files: Record<string, unknown>[] }).files;
    expect(linted).toMatchObject({ file: "-", form: "list", models: 1 });
    expect(linted?.problems).toContainEqual({
      position: { line: 1, column: 2 },
      severity: "error",
      message: "[0]: type: missing; expected anomaly, predictive or classification",
    });
  });

  it("is used wrongly with a file that is not there", async () => {
    const { status, err } = await runCli(["lint", join(folder, "none.yaml")]);
    expect(status).toBe(2);
    expect(err).toContain("none.yaml cannot be read: ENOENT");
  });
});
