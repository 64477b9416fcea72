/** The clients of `examples/` that need nothing but `npm ci`; `languages/examples.test.ts` runs the others. */
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { projectDir } from "./support/paths.ts";
import { run } from "./support/run.ts";

const examples = join(projectDir, "examples");
const url = inject("registryUrl");
/** Nothing listens there. */
const nobody = "127.0.0.1:1";

describe("the example in TypeScript", () => {
  const client = join(examples, "typescript/client.ts");

  it("lists, gets and predicts, and shows an error", async () => {
    const { code, stdout, stderr } = await run(process.execPath, [client, url]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.trim().split("\n");
    expect(lines).toContain("anomaly-detector in self-healing-platform: MODEL_TYPE_ANOMALY, MODEL_STATE_READY");
    expect(lines).toContain(`anomaly-detector is called at ${inject("kserveUrl")}/v1/models/anomaly-detector:predict`);
    expect(lines).toContain("predictions: [-1]");
    expect(lines.at(-1)).toMatch(/^error: NotFound: .*no-such-model.* \(MODEL_NOT_FOUND\)$/);
  });

  it("says in one line that nobody answers", async () => {
    const { code, stderr } = await run(process.execPath, [client, `http://${nobody}`]);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/unavailable/i);
  });
});

describe("the example with curl", () => {
  const script = join(examples, "curl/predict.sh");

  it("lists, gets and predicts, and shows an error", async () => {
    const { code, stdout, stderr } = await run("bash", [script, url]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain('"namespace":"self-healing-platform"');
    expect(stdout).toContain('{"predictions":[-1]}');
    expect(stdout).toContain('{"predictions":[-1],"modelName":"anomaly-detector"}');
    expect(stdout).toContain('{"error":"model not found"} (HTTP 404)');
  });

  it("fails when nobody answers", async () => {
    const { code, stderr } = await run("bash", [script, `http://${nobody}`]);
    expect(code).not.toBe(0);
    expect(stderr).toContain("Failed to connect");
  });
});
