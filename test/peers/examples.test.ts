/** The clients of `examples/` that need nothing but `npm ci`; `languages/examples.test.ts` runs the others. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { Code, createClient } from "@connectrpc/connect";
import { describe, expect, inject, it } from "vitest";
import { inTenSeconds, openChannel } from "../../examples/typescript/channel.ts";
import { failureOf } from "../../examples/typescript/failure.ts";
import { ModelRegistry } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { answer, startFakeUpstream } from "../support/fake-upstream.ts";
import { until } from "../support/until.ts";
import { projectDir } from "./support/paths.ts";
import { startRegistry } from "./support/registry-server.ts";
import { run } from "./support/run.ts";

const examples = join(projectDir, "examples");
const url = inject("registryUrl");
/** Nothing listens there. */
const nobody = "127.0.0.1:1";

describe("the example in TypeScript", () => {
  const client = join(examples, "typescript/client.ts");

  it("lists, gets and predicts, and shows what is wrong with a row", async () => {
    const { code, stdout, stderr } = await run(process.execPath, [client, url]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.trim().split("\n");
    expect(lines).toContain("anomaly-detector in self-healing-platform: MODEL_TYPE_ANOMALY, MODEL_STATE_READY");
    expect(lines.slice(-4)).toEqual([
      `anomaly-detector is called at ${inject("kserveUrl")}/v1/models/anomaly-detector:predict`,
      "predictions: [-1]",
      "error: InvalidArgument: instances[0].disk_age_days: is missing (INVALID_INSTANCE)",
      "  instances[0].disk_age_days: is missing",
    ]);
  });

  it("tries four times where a model is not ready, and says when to try again", async () => {
    const upstream = await startFakeUpstream();
    const models = [{ name: "m", type: "anomaly", service: "m", url: upstream.url }];
    const registry = await startRegistry("registry-example-retry", models);
    try {
      upstream.onPredict("m", answer(503, { error: "not ready" }));
      const calls = createClient(ModelRegistry, openChannel(registry.url));
      const body = Buffer.from('{"instances":[1]}');
      const failed = calls.predict({ name: "m", input: { case: "body", value: body } }, inTenSeconds);
      const failure = failureOf(await failed.catch((error: unknown) => error));
      expect(failure).toMatchObject({ code: Code.Unavailable, reason: "MODEL_NOT_READY" });
      expect(failure.retryDelayMs).toBeGreaterThan(0);
      expect(upstream.predictions.length).toBe(4);
    } finally {
      await registry.stop();
      await upstream.close();
    }
  }, 120_000);

  it("keeps a mirror of the models over a restart of the service", async () => {
    const model = (name: string) => ({ name, type: "anomaly", service: name, url: `http://${nobody}` });
    const before = await startRegistry("registry-example-watch", [model("a"), model("b")]);
    const child = spawn(process.execPath, [client, "watch", before.url], { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    try {
      await until(() => output.includes("models: a, b\n"), "the mirror has all models", 30_000);
      await before.stop();
      const more = [model("a"), model("added"), model("b")];
      const after = await startRegistry("registry-example-watch", more, {}, { port: Number(new URL(before.url).port) });
      try {
        await until(() => output.endsWith("models: a, added, b\n"), "the mirror has the new model", 30_000);
        // What was known stayed while nobody answered.
        expect(new Set(output.trim().split("\n"))).toEqual(new Set(["models: a, b", "models: a, added, b"]));
      } finally {
        await after.stop();
      }
    } finally {
      child.kill("SIGKILL");
    }
  }, 120_000);

  it("reports an unreachable server in one line", async () => {
    const { code, stderr } = await run(process.execPath, [client, `http://${nobody}`]);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/unavailable/i);
    expect(stderr.trim().split("\n").length).toBe(1);
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

  it("fails if the server is unreachable", async () => {
    const { code, stderr } = await run("bash", [script, `http://${nobody}`]);
    expect(code).not.toBe(0);
    expect(stderr).toContain("Failed to connect");
  });
});
