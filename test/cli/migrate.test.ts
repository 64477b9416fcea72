import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readModelsFile } from "../../src/documents/read-models-file.ts";
import { runCli } from "./support/run-cli.ts";

const services = "kserve:\n  services:\n    anomaly_detector: a-predictor\n";
const models = "kserve:\n  models:\n    - name: anomaly-detector\n      service: a-predictor\n      type: anomaly\n";

let folder: string;
let values: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "migrate-"));
  values = join(folder, "values.yaml");
  writeFileSync(values, services);
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("migrate", () => {
  it("prints the models of a file in another form", async () => {
    expect(await runCli(["migrate", values, "--to", "values"])).toEqual({ status: 0, out: models, err: "" });
    expect(readFileSync(values, "utf8")).toBe(services);
  });

  it("writes back to the file, and only when it changes", async () => {
    expect(await runCli(["migrate", values, "--to", "values", "--write"])).toMatchObject({ status: 0, out: "" });
    expect(readFileSync(values, "utf8")).toBe(models);
    const { mtimeMs } = statSync(values);
    expect(await runCli(["migrate", values, "--to", "values", "--write"])).toMatchObject({ status: 0 });
    expect(statSync(values).mtimeMs).toBe(mtimeMs);
  });

  it("fails a check until the file is migrated", async () => {
    const check = ["migrate", values, "--to", "values", "--check"];
    const { status, err } = await runCli(check);
    expect(status).toBe(1);
    expect(err).toContain("values.yaml would change");
    await runCli(["migrate", values, "--to", "values", "--write"]);
    expect(await runCli(check)).toEqual({ status: 0, out: "", err: "" });
  });

  it("checks that a file made of another is up to date", async () => {
    const map = join(folder, "map.yaml");
    const make = ["migrate", values, "--to", "config-map", "-n", "ops", "--file", map];
    expect((await runCli([...make, "--check"])).status).toBe(1);
    expect(await runCli(make)).toMatchObject({ status: 0, err: `1 model in ${map}\n` });
    expect((await runCli([...make, "--check"])).status).toBe(0);
    expect(readFileSync(map, "utf8")).toContain("namespace: ops");
  });

  it("reads the variables that it runs with", async () => {
    const env = {
      KSERVE_NAMESPACE: "ops",
      KSERVE_MODEL_REGISTRY: '[{"name":"a","service":"a","type":"anomaly","description":"50% \\"more\\" $x `y`"}]',
      PATH: "/bin",
    };
    const { status, out } = await runCli(["migrate", "env", "--to", "model-registration"], { env });
    expect(status).toBe(0);
    expect(readModelsFile(out)).toMatchObject({
      form: "model-registration",
      settings: { namespace: "ops" },
      models: [{ value: { name: "a", service: "a", description: '50% "more" $x `y`' } }],
    });
  });

  it("writes nothing when the source has errors, and names them all", async () => {
    const { status, out, err } = await runCli(["migrate", "-", "--to", "values", "--type", "a=anomaly"], {
      stdin: "kserve:\n  services:\n    a: UPPER\n    b: b\n",
    });
    expect({ status, out }).toEqual({ status: 1, out: "" });
    expect(err).toContain("-:3:8: kserve.services.a: service: expected a DNS label");
    expect(err).toContain("-:4:5: kserve.services.b: its format has no type; set it with --type b=anomaly");
  });

  it.each([
    [["env", "--to", "values", "--write"], "--write needs a file"],
    [["x.yaml", "--to", "values", "--write", "--file", "y"], "--write and --file cannot be combined"],
    [["env", "--to", "values", "--type", "a=b"], "--type a=b: expected NAME=TYPE"],
    [["env", "--to", "nothing"], "Allowed choices are list, models-file"],
    [["env", "--to", "values", "-n", "A B"], "--namespace A B: expected a DNS label"],
    [["none.yaml", "--to", "values"], "none.yaml cannot be read"],
  ])("is used wrongly with %j", async (args, message) => {
    const { status, err } = await runCli(["migrate", ...args]);
    expect(status).toBe(2);
    expect(err).toContain(message);
  });
});
