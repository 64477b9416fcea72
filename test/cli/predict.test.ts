import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { answer, hang, predict } from "../support/fake-upstream.ts";
import { model, startRegistry } from "../support/running-service.ts";
import { until } from "../support/until.ts";
import { type CliOptions, runCli } from "./support/run-cli.ts";

/** A body that no JSON library would write again like this. */
const oddBody = ' {"instances" : [[1.50, 9007199254740993, NaN]],\n"signature_name":"s"} ';

/** Starts a registry, and gives what runs `predict anomaly-detector` against it. */
async function startPredict(models = [{ name: model }]) {
  const { url, upstream } = await startRegistry({ models });
  const run = (args: readonly string[], options?: CliOptions) =>
    runCli(["predict", model, "--address", url, ...args], options);
  const sent = (): string[] => upstream.predictions.map(({ body }) => body.toString());
  return { run, sent, upstream };
}

function temporaryFile(content: string): string {
  const directory = mkdtempSync(join(tmpdir(), "predict-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "rows.json");
  writeFileSync(path, content);
  return path;
}

describe("predict reads instances", () => {
  const list = "[[0.5, 1.2, 0.8]]";
  const asList = '{"instances":[[0.5,1.2,0.8]]}';

  it.each<[string, () => { args: string[]; stdin?: string }, string]>([
    ["an argument", () => ({ args: [list] }), asList],
    ["a file", () => ({ args: ["-f", temporaryFile(list)] }), asList],
    ["standard input, by -f -", () => ({ args: ["-f", "-"], stdin: list }), asList],
    ["standard input, when it is not a terminal", () => ({ args: [], stdin: `\n${list}\n` }), asList],
    ["rows of any JSON", () => ({ args: ['[{"a":null},"x",true]'] }), '{"instances":[{"a":null},"x",true]}'],
    ["a whole body as an argument", () => ({ args: [oddBody] }), oddBody],
    ["a whole body of a file, byte for byte", () => ({ args: ["-f", temporaryFile(oddBody)] }), oddBody],
    ["a whole body of standard input", () => ({ args: [], stdin: oddBody }), oddBody],
  ])("from %s", async (_, how, expected) => {
    const { run, sent, upstream } = await startPredict();
    upstream.onPredict(model, answer(200, '{"predictions":7}'));
    const { args, stdin } = how();
    const { status, err } = await run(args, stdin === undefined ? {} : { stdin });
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(sent()).toEqual([expected]);
  });

  it("and leaves standard input alone when there is an argument", async () => {
    const { run, sent } = await startPredict();
    expect((await run([list], { stdin: "[[9]]" })).status).toBe(0);
    expect(sent()).toEqual([asList]);
  });

  it.each<[string, string[], string | undefined, RegExp]>([
    ["none, at a terminal", [], undefined, /^error: no instances given: pass them as JSON, in a file with -f/],
    ["nothing on standard input", [], " \n", /^error: standard input is empty; expected a list/],
    ["an empty argument", [""], undefined, /^error: INSTANCES is empty/],
    ["no JSON", ["[[1,]"], undefined, /^error: INSTANCES is not JSON: .*\nexpected a list/],
    ["no list", ["7"], undefined, /^error: INSTANCES is not a list; expected a list/],
    ["an integer that a double cannot hold", ["[[9007199254740993]]"], undefined, /9007199254740993 would lose digits/],
    ["an argument and a file", ["[[1]]", "-f", "x"], undefined, /INSTANCES and --file cannot be combined/],
    ["a missing file", ["-f", "/none.json"], undefined, /^error: -f \/none.json cannot be read: ENOENT/],
  ])("and refuses %s with exit status 2, without a call", async (_, args, stdin, expected) => {
    const { run, sent } = await startPredict();
    const { status, out, err } = await run(args, stdin === undefined ? {} : { stdin });
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toMatch(expected);
    expect(sent()).toEqual([]);
  });
});

it("predict says why a request is refused of which most has not been sent", async () => {
  const { url } = await startRegistry({ env: { MAX_REQUEST_SIZE: "1MiB" } });
  // More than Node's clients hold by default.
  const path = temporaryFile(JSON.stringify({ instances: ["x".repeat(16_000_000)] }));
  const { status, err } = await runCli(["predict", model, "--address", url, "-f", path]);
  expect({ status, err }).toEqual({
    status: 1,
    err: expect.stringMatching(/^error: The request body is larger than 1048576 bytes \(MAX_REQUEST_SIZE\)/),
  });
});

describe("predict writes", () => {
  it.each<[string, unknown, string]>([
    ["numbers", [1, -1], "INSTANCE   PREDICTION\n0          1\n1          -1\n"],
    ["lists", [[0.1, 0.9], null], "INSTANCE   PREDICTION\n0          [0.1,0.9]\n1          null\n"],
    [
      "objects, a column per key",
      [
        { label: "a\u001b", p: 0.5 },
        { label: "b", why: { x: 1 } },
      ],
      'INSTANCE   label     p     why\n0          a\\u001b   0.5   -\n1          b         -     {"x":1}\n',
    ],
  ])("a row per prediction: %s", async (_, predictions, expected) => {
    const { run, upstream } = await startPredict();
    upstream.onPredict(model, predict(predictions));
    expect((await run(["[[1],[2]]"])).out).toBe(expected);
    expect((await run(['{"instances":[[1],[2]]}'])).out).toBe(expected);
  });

  it("one row for predictions that are not a list", async () => {
    const { run, upstream } = await startPredict();
    upstream.onPredict(model, predict({ score: 3 }));
    expect((await run(["[[1]]"])).out).toBe("score\n3\n");
  });

  it("every digit, NaN and Infinity of an answer to a whole body", async () => {
    const { run, upstream } = await startPredict();
    upstream.onPredict(model, answer(200, '{"predictions":[9007199254740993,1.10,NaN,-Infinity,"NaN \\" Infinity"]}'));
    const { out } = await run(['{"instances":[1,2,3,4,5]}']);
    expect(out.split("\n").map((line) => line.slice(11))).toEqual([
      "PREDICTION",
      "9007199254740993",
      "1.10",
      "NaN",
      "-Infinity",
      'NaN " Infinity',
      "",
    ]);
  });

  it("the JSON of the contract for a list, on one line", async () => {
    const { run, upstream } = await startPredict();
    upstream.onPredict(model, answer(200, '{"predictions":[NaN,2],"model_version":"3","took":5}'));
    expect((await run(["[[1],[2]]", "-o", "json"])).out).toBe(
      '{"predictions":["NaN",2],"modelName":"anomaly-detector","modelVersion":"3","extra":{"took":5}}\n',
    );
  });

  it("the answer of the model byte for byte for a whole body", async () => {
    const { run, upstream } = await startPredict();
    const odd = '{ "predictions": [1.50, NaN, 9007199254740993], "x": 1}';
    upstream.onPredict(model, answer(200, odd));
    expect((await run(['{"instances":[1,2,3]}', "-o", "json"])).out).toBe(`${odd}\n`);
  });
});

describe("predict --wait-for-ready", () => {
  it("waits for the model instead of failing", async () => {
    const { run, upstream } = await startPredict();
    const loading = answer(503, { error: `Model with name ${model} is not ready.` });
    upstream.onPredict(model, loading);
    upstream.onReadiness(model, loading);
    expect((await run(["[[1]]"])).status).toBe(1);
    const waiting = run(["[[1]]", "--wait-for-ready", "--timeout", "1m"]);
    await until(() => upstream.checks.length > 0);
    upstream.onPredict(model, predict([7]));
    upstream.onReadiness(model, answer(200, { ready: true }));
    expect(await waiting).toMatchObject({ status: 0, out: "INSTANCE   PREDICTION\n0          7\n" });
  });
});

describe("predict --validate-only", () => {
  const models = [{ name: model, inputFeatures: ["cpu", "memory"] }];

  it("shows what would be sent, and sends nothing", async () => {
    const { run, sent, upstream } = await startPredict(models);
    const { status, out } = await run(['[{"memory":2,"cpu":1}]', "--validate-only"]);
    expect(status).toBe(0);
    expect(out).toBe(`POST ${upstream.url}/v1/models/anomaly-detector:predict (kserve-v1)\n\n{"instances":[[1,2]]}\n`);
    expect(sent()).toEqual([]);
  });

  it("writes the JSON of the contract", async () => {
    const { run } = await startPredict(models);
    const { out } = await run(["[[1,2]]", "--validate-only", "-o", "json"]);
    expect(JSON.parse(out)).toMatchObject({
      modelName: model,
      upstreamRequest: { method: "POST", body: Buffer.from('{"instances":[[1,2]]}').toString("base64") },
    });
  });
});

describe("predict fails with exit status 1 and says why", () => {
  it("for a row that does not fit", async () => {
    const { run } = await startPredict([{ name: model, inputFeatures: ["cpu", "memory"] } as { name: string }]);
    const { status, out, err } = await run(['[{"cpu":1}]']);
    expect({ status, out }).toEqual({ status: 1, out: "" });
    expect(err).toBe("error: instances[0].memory: is missing\n");
  });

  it("for many rows that do not fit, naming ten of the fields", async () => {
    const { run } = await startPredict([{ name: model, inputFeatures: ["cpu", "memory"] } as { name: string }]);
    const { err } = await run([JSON.stringify(new Array(12).fill([1]))]);
    const lines = err.trimEnd().split("\n");
    expect(lines[0]).toBe("error: these request fields are invalid:");
    expect(lines[1]).toMatch(/^ {2}instances\[0\]: has 1 values/);
    expect(lines.slice(11)).toEqual(["  and 2 more"]);
  });

  it.each([
    [
      answer(500, { error: "X has 2 features\u001b[2J" }),
      /failed \(HTTP 500\): X has 2 features\\u001b\[2J\nCheck the model/,
    ],
    [answer(404, { detail: "Not Found" }), /is unknown to the model server .*\nSet the entry's model/],
    [answer(503, ""), /is not ready \(HTTP 503\)\nTry again; if it persists, check the InferenceService/],
  ])("in the words of the model, with a hint", async (behaviour, expected) => {
    const { run, upstream } = await startPredict();
    upstream.onPredict(model, behaviour);
    const { status, out, err } = await run(["[[1]]"]);
    expect({ status, out }).toEqual({ status: 1, out: "" });
    expect(err).toMatch(expected);
    expect(err).not.toMatch(/^ +at /m);
  });

  it("when the model takes longer than --timeout", async () => {
    const { run, upstream } = await startPredict();
    upstream.onPredict(model, hang());
    const { status, err } = await run(["[[1]]", "--timeout", "200ms"]);
    expect(status).toBe(1);
    expect(err).toMatch(/Set a longer --timeout/);
  });
});
