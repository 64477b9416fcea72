import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ModelServer, startModelServer } from "../../demo/model-server.ts";
import { numericRows } from "../../demo/numeric-rows.ts";
import { type Sent, send } from "./send.ts";

const sumRules = { estimator: "IsolationForest", width: 8, allowMissing: true };
const strictRules = { estimator: "LogisticRegression", width: 1, allowMissing: false };
const models = {
  sums: {
    predict: (instances: unknown[]) => numericRows(instances, sumRules).map((row) => row.reduce((a, b) => a + b)),
  },
  strict: { predict: (instances: unknown[]) => numericRows(instances, strictRules) },
  loading: { predict: () => [], ready: false },
};

let server: ModelServer;
beforeAll(async () => {
  server = await startModelServer({ models });
});
afterAll(() => server.stop());

const row = [1, 2, 3, 4, 5, 6, 7, 8];
const good = JSON.stringify({ instances: [row, row] });

describe("reading", () => {
  test.each([
    ["GET /", 200, { status: "alive" }],
    ["GET /v1/models", 200, { models: ["sums", "strict", "loading"] }],
    ["GET /v1/models/sums", 200, { name: "sums", ready: true }],
    ["GET /v1/models/loading", 503, { error: "Model with name loading is not ready." }],
    ["GET /v1/models/nope", 404, { error: "Model with name nope does not exist." }],
    ["GET /v1/models/toString", 404, { error: "Model with name toString does not exist." }],
    ["GET /v1/models/sums:predict", 404, { error: "Model with name sums:predict does not exist." }],
    ["GET /v3/models/sums", 404, { detail: "Not Found" }],
    ["GET /v1/models/a%2Fb", 404, { detail: "Not Found" }],
    ["DELETE /v1/models/sums", 405, { detail: "Method Not Allowed" }],
    ["POST /v1/models", 405, { detail: "Method Not Allowed" }],
  ])("%s is answered %i", async (line, status, body) => {
    const answer = await send(server.url, line);
    expect([answer.status, answer.body]).toEqual([status, body]);
    expect(answer.headers["content-type"]).toBe("application/json");
  });

  test("a slash at the end is redirected", async () => {
    const answer = await send(server.url, "GET /v1/models/sums/");
    expect([answer.status, answer.headers.location]).toEqual([307, `${server.url}/v1/models/sums`]);
  });
});

describe("predicting", () => {
  const ragged =
    "setting an array element with a sequence. The requested array has an inhomogeneous shape after 1 dimensions. " +
    "The detected shape was (2,) + inhomogeneous part.";
  const tooFew = "X has 7 features, but IsolationForest is expecting 8 features as input.";
  const notText = "byte indices must be integers or slices, not str";
  const instances = (...rows: unknown[]) => JSON.stringify({ instances: rows });

  test.each<[string, Sent, number, unknown]>([
    ["rows", { body: good }, 200, { predictions: [36, 36] }],
    ["rows without a content type", { body: good, type: "" }, 200, { predictions: [36, 36] }],
    [
      "a number in quotes, which is taken as that number",
      { body: instances(["1", ...row.slice(1)]) },
      200,
      { predictions: [36] },
    ],
    [
      "a null, which is taken as NaN and comes back as null",
      { body: instances([null, ...row.slice(1)]) },
      200,
      { predictions: [null] },
    ],
    ["a row that is too short", { body: instances(row.slice(1)) }, 500, { error: tooFew }],
    ["rows of different widths", { body: instances(row, row.slice(1)) }, 500, { error: ragged }],
    ["no rows", { body: instances() }, 500, { error: "Expected 2D array, got 1D array instead." }],
    [
      "a row as an object",
      { body: instances({ f1: 1 }) },
      500,
      { error: "float() argument must be a string or a real number, not 'dict'" },
    ],
    [
      "a word for a number",
      { body: instances(["x", ...row.slice(1)]) },
      500,
      { error: "could not convert string to float: 'x'" },
    ],
    ["no instances", { body: "{}" }, 500, { error: "'instances'" }],
    ["null", { body: "null" }, 500, { error: "'NoneType' object is not subscriptable" }],
    ["instances that are not a list", { body: '{"instances":3}' }, 400, { error: 'Expected "instances" to be a list' }],
    ["a charset in the content type", { body: good, type: "application/json; charset=utf-8" }, 500, { error: notText }],
    ["text", { body: good, type: "text/plain" }, 500, { error: notText }],
    ["a form", { body: good, type: "application/x-www-form-urlencoded" }, 500, { error: notText }],
    ["broken JSON", { body: '{"instances":' }, 400, { error: expect.stringMatching(/^Unrecognized request format: /) }],
    [
      "a bare NaN",
      { body: '{"instances":[[NaN]]}' },
      400,
      { error: expect.stringMatching(/^Unrecognized request format: /) },
    ],
    [
      "a compressed body",
      { body: gzipSync(good) },
      400,
      { error: expect.stringMatching(/^Unrecognized request format: /) },
    ],
  ])("%s", async (_, sent, status, body) => {
    const answer = await send(server.url, "POST /v1/models/sums:predict", sent);
    expect([answer.status, answer.body]).toEqual([status, body]);
  });

  test.each([
    ["POST /v1/models/sums%3Apredict", 200, { predictions: [36, 36] }],
    ["POST /v1/models/nope:predict", 404, { error: "Model with name nope does not exist." }],
    ["POST /v1/models/loading:predict", 503, { error: "Model with name loading is not ready." }],
    ["POST /v1/models/sums:explain", 501, { error: "Could not find explainer_host." }],
    ["POST /v1/models/sums:train", 405, { detail: "Method Not Allowed" }],
  ])("%s is answered %i", async (line, status, body) => {
    const answer = await send(server.url, line, { body: good });
    expect([answer.status, answer.body]).toEqual([status, body]);
  });

  test("a model that takes no missing values says so", async () => {
    const answer = await send(server.url, "POST /v1/models/strict:predict", { body: instances([null]) });
    expect(answer.status).toBe(500);
    expect(answer.body).toEqual({
      error: expect.stringMatching(/^Input X contains NaN\.\nLogisticRegression does not accept/),
    });
  });
});
