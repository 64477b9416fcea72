/** The clients of `examples/` in every language, built and run as their heads say, against the demo. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Background, startInBackground } from "../support/background.ts";
import { projectDir } from "../support/paths.ts";
import { run } from "../support/run.ts";
import { type Command, exampleOf, install } from "./builds.ts";
import { chosenLanguages, type Language } from "./chosen.ts";

const minutes = 60_000;
const languages = chosenLanguages();
let demo: Background;

/** How each language writes what is the same: its codes, whole numbers, and addresses. */
const spellings: Readonly<Partial<Record<Language, { code?: string; prediction?: string; scheme?: string }>>> = {
  go: { code: "InvalidArgument" },
  python: { prediction: "[1.0]" },
  java: { prediction: "[1.0]" },
  rust: { code: "InvalidArgument", prediction: "[1.0]", scheme: "http://" },
};

beforeAll(async () => {
  demo = await startInBackground({
    name: "demo",
    program: process.execPath,
    args: () => [join(projectDir, "demo/main.ts")],
    env: (port) => ({ PORT: String(port) }),
    readyPath: "/readyz",
    startTimeoutMs: 2 * minutes,
  });
  await install(languages);
}, 15 * minutes);

afterAll(() => demo?.stop());

describe.each(languages)("the example in %s", (language) => {
  const { code = "INVALID_ARGUMENT", prediction = "[1]", scheme = "" } = spellings[language] ?? {};
  let example: Command;

  beforeAll(async () => {
    example = await exampleOf[language]();
  }, 30 * minutes);

  it(
    "lists, gets and predicts, and shows what is wrong with a row",
    async () => {
      const ended = await run(example.program, [...example.args, scheme + demo.address], { timeoutMs: minutes });
      expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: "" });
      expect(ended.stdout.trim().split("\n")).toEqual([
        "anomaly-detector in self-healing-platform: MODEL_TYPE_ANOMALY, MODEL_STATE_READY",
        "disk-failure-predictor in storage-monitoring: MODEL_TYPE_CLASSIFICATION, MODEL_STATE_READY",
        "predictive-analytics in forecasting: MODEL_TYPE_PREDICTIVE, MODEL_STATE_READY",
        expect.stringMatching(/^anomaly-detector is called at http:\/\/127.*\/v1\/models\/anomaly-detector:predict$/),
        `predictions: ${prediction}`,
        `error: ${code}: instances[0].iops: expected a number; found "many" (and 1 more) (INVALID_INSTANCE)`,
        '  instances[0].iops: expected a number; found "many"',
        "  instances[0].disk_age_days: is missing",
      ]);
    },
    2 * minutes,
  );

  it(
    "keeps a mirror of the models",
    async () => {
      const child = spawn(example.program, [...example.args, "watch", scheme + demo.address], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      try {
        const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
        const { value } = await lines.next();
        expect(value).toBe("models: anomaly-detector, disk-failure-predictor, predictive-analytics");
      } finally {
        child.kill("SIGKILL");
      }
    },
    2 * minutes,
  );

  it(
    "reports an unreachable server in one line",
    async () => {
      // Nothing listens there.
      const ended = await run(example.program, [...example.args, `${scheme}127.0.0.1:1`], { timeoutMs: minutes });
      expect(ended.code).not.toBe(0);
      expect(ended.stderr).toMatch(/unavailable/i);
      expect(ended.stderr.trim().split("\n").length).toBe(1);
    },
    2 * minutes,
  );
});
