import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ModelServer, startModelServer } from "../../demo/model-server.ts";
import { send } from "./send.ts";

const models = {
  sums: { predict: (rows: unknown[]) => (rows as number[][]).map((row) => row.reduce((a, b) => a + b)) },
  pairs: { predict: (rows: unknown[]) => (rows as number[][]).map(([a]) => [a, -a!]) },
  named: { predict: (rows: unknown[]) => (rows as number[][]).map(([a]) => ({ low: a, high: 9 })) },
  loading: { predict: () => [], ready: false },
};

let server: ModelServer;
beforeAll(async () => {
  server = await startModelServer({ models });
});
afterAll(() => server.stop());

describe("reading", () => {
  test.each([
    ["GET /v2", 200, expect.objectContaining({ name: "kserve" })],
    ["GET /v2/health/live", 200, { live: true }],
    ["GET /v2/health/ready", 200, { ready: true }],
    ["GET /v2/models", 200, { models: Object.keys(models) }],
    ["GET /v2/models/sums", 200, { name: "sums", versions: null, platform: "", inputs: [], outputs: [] }],
    ["GET /v2/models/loading", 200, expect.objectContaining({ name: "loading" })],
    ["GET /v2/models/none", 404, { error: "Model with name none does not exist." }],
    ["GET /v2/models/sums/ready", 200, { name: "sums", ready: true }],
    ["GET /v2/models/loading/ready", 503, { error: "Model with name loading is not ready." }],
    ["GET /v2/models/none/ready", 404, { error: "Model with name none does not exist." }],
    ["GET /v2/models/sums/infer", 405, { detail: "Method Not Allowed" }],
    ["GET /v2/models/sums/versions/1", 404, { detail: "Not Found" }],
  ])("%s is answered %i", async (line, status, body) => {
    const answer = await send(server.url, line);
    expect([answer.status, answer.body]).toEqual([status, body]);
  });
});

describe("inferring", () => {
  const rows = (shape: number[], data: unknown[]) =>
    JSON.stringify({ id: "7", inputs: [{ name: "x", shape, datatype: "FP64", data }] });

  test.each([
    ["sums", [2, 2], [1, 2, 3, 4], [{ name: "output-0", shape: [2], datatype: "FP64", data: [3, 7] }]],
    [
      "sums",
      [2, 2],
      [
        [1, 2],
        [3, 4],
      ],
      [{ name: "output-0", shape: [2], datatype: "FP64", data: [3, 7] }],
    ],
    ["pairs", [1, 1], [5], [{ name: "output-0", shape: [1, 2], datatype: "FP64", data: [5, -5] }]],
    [
      "named",
      [1, 1],
      [5],
      [
        { name: "low", shape: [1], datatype: "FP64", data: [5] },
        { name: "high", shape: [1], datatype: "FP64", data: [9] },
      ],
    ],
  ])("%s of %j %j", async (model, shape, data, outputs) => {
    const answer = await send(server.url, `POST /v2/models/${model}/infer`, { body: rows(shape, data) });
    expect(answer).toMatchObject({ status: 200, body: { model_name: model, id: "7", outputs } });
  });

  test.each([
    ["data that does not fit", rows([2, 2], [1]), 500, { error: "cannot reshape array of size 1 into shape (2,2)" }],
    ["broken JSON", "{", 400, { error: expect.stringMatching(/^Unrecognized request format: /) }],
    ["no inputs", "{}", 422, { detail: [expect.objectContaining({ msg: "Field required" })] }],
  ])("refuses %s", async (_title, body, status, words) => {
    const answer = await send(server.url, "POST /v2/models/sums/infer", { body });
    expect([answer.status, answer.body]).toEqual([status, words]);
  });
});

test("a block of doubles behind the JSON is read", async () => {
  const head = JSON.stringify({
    inputs: [{ name: "x", shape: [1, 2], datatype: "FP64", parameters: { binary_data_size: 16 } }],
  });
  const response = await fetch(`${server.url}/v2/models/sums/infer`, {
    method: "POST",
    headers: { "inference-header-content-length": String(head.length) },
    body: Buffer.concat([Buffer.from(head), Buffer.from(Float64Array.of(1.5, 2).buffer)]),
  });
  expect(await response.json()).toMatchObject({ outputs: [{ data: [3.5] }] });
});
