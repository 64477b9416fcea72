/** Every client of `examples/`, run as its head says: generated stubs of Go and Python, TypeScript and curl. */
import { join } from "node:path";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { programs, projectDir } from "./support/paths.ts";
import { type Outcome, output, run } from "./support/run.ts";

const examples = join(projectDir, "examples");
const url = inject("registryUrl");
const address = inject("registryAddress");
/** Nothing listens there. */
const nobody = "127.0.0.1:1";

interface Example {
  readonly name: string;
  readonly run: (address: string) => Promise<Outcome>;
  readonly address: string;
  /** How this language prints the predictions. */
  readonly predictions: string;
  /** How its client names NOT_FOUND. */
  readonly notFound: string;
}

const rpcExamples: Example[] = [
  {
    name: "TypeScript",
    run: (to) => run(process.execPath, [join(examples, "typescript/client.ts"), to]),
    address: url,
    predictions: "predictions: [-1]",
    notFound: "NotFound",
  },
  {
    name: "Python",
    run: (to) => run(programs.clientPython, [join(examples, "python/client.py"), to]),
    address,
    predictions: "predictions: [-1.0]",
    notFound: "NOT_FOUND",
  },
  {
    name: "Go",
    run: (to) => run("go", ["run", ".", to], { cwd: join(examples, "go"), timeoutMs: 300_000 }),
    address,
    predictions: "predictions: [-1]",
    notFound: "NotFound",
  },
];

beforeAll(async () => {
  await output(programs.clientPython, [join(examples, "python/generate.py")]);
  // The first build fetches and compiles grpc-go.
  await output("go", ["generate", "./..."], { cwd: join(examples, "go"), timeoutMs: 300_000 });
  await output("go", ["vet", "./..."], { cwd: join(examples, "go"), timeoutMs: 300_000 });
});

describe.each(rpcExamples)("the example in $name", (example) => {
  it("lists, gets and predicts, and shows an error", async () => {
    const { code, stdout, stderr } = await example.run(example.address);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.trim().split("\n");
    expect(lines).toContain("anomaly-detector in self-healing-platform: MODEL_TYPE_ANOMALY, MODEL_STATE_READY");
    expect(lines).toContain(`anomaly-detector is called at ${inject("kserveUrl")}/v1/models/anomaly-detector:predict`);
    expect(lines).toContain(example.predictions);
    expect(lines.at(-1)).toMatch(new RegExp(`^error: ${example.notFound}: .*no-such-model.* \\(MODEL_NOT_FOUND\\)$`));
  }, 300_000);

  it("says in one line that nobody answers", async () => {
    const { code, stderr } = await example.run(example.address.startsWith("http") ? `http://${nobody}` : nobody);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/unavailable/i);
  }, 300_000);
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
