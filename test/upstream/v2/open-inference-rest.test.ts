import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { Cancellation } from "../../../src/base/cancellation.ts";
import { MemoryBudget } from "../../../src/registry/memory-budget.ts";
import type { RegisteredModel } from "../../../src/registry/model.ts";
import { RegistryError } from "../../../src/registry/registry-error.ts";
import { createUpstream } from "../../../src/upstream/by-protocol.ts";
import { expectNoSockets } from "../../support/open-sockets.ts";
import { registered } from "../../support/registered.ts";
import type { Entry } from "../../support/running-service.ts";

/** What the server answers: a status and a body, by method and path. */
type Answers = Readonly<Record<string, readonly [number, unknown] | undefined>>;

interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

const infer = "POST /v2/models/fraud/infer";
const metadata = "GET /v2/models/fraud";

/** A model server with the given answers, 404 elsewhere, with a client of it. */
async function startServer(answers: Answers, entry: Partial<Entry> = {}) {
  const asked: Asked[] = [];
  const server = createServer((message, response) => {
    let body = "";
    message.setEncoding("latin1");
    message.on("data", (chunk: string) => (body += chunk));
    message.on("end", () => {
      const path = `${message.method} ${message.url}`;
      asked.push({ path, headers: message.headers, body: Buffer.from(body, "latin1").toString() });
      const [status, answer] = answers[path] ?? [404, { error: "Not Found" }];
      const bytes =
        answer instanceof Buffer ? answer : Buffer.from(typeof answer === "string" ? answer : JSON.stringify(answer));
      const binary = answer instanceof Buffer ? { "inference-header-content-length": bytes.lastIndexOf("}") + 1 } : {};
      response.writeHead(status, { "content-length": bytes.length, ...binary }).end(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const upstream = createUpstream({
    connectTimeoutMs: 1000,
    idleTimeoutMs: 10_000,
    maxResponseBytes: 100_000,
    tls: { caFiles: [], certFile: undefined, keyFile: undefined },
    retries: { share: 0.2 },
    memory: new MemoryBudget(Number.POSITIVE_INFINITY),
  });
  onTestFinished(async () => {
    await upstream.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await expectNoSockets();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const model: RegisteredModel = registered({ name: "fraud", url, protocol: "v2", ...entry });
  const terms = { model, cancellation: new Cancellation<Error>(), holder: undefined };
  return {
    asked,
    sent: () => asked.filter(({ path }) => path === infer),
    predict: async (body: string, headers: Record<string, string> = {}): Promise<string> =>
      Buffer.from((await upstream.predict({ ...terms, headers, body: Buffer.from(body) })).body).toString(),
    infer: (body: Buffer, jsonBytes?: number) =>
      upstream.infer({ ...terms, headers: {}, request: { form: "rest", body, jsonBytes } }),
    ready: () => upstream.checkReadiness(model, terms.cancellation),
  };
}

async function failure(call: Promise<unknown>): Promise<RegistryError> {
  return call.then(
    () => Promise.reject(new Error("it succeeded")),
    (error) => {
      if (error instanceof RegistryError) return error;
      throw error;
    },
  );
}

const outputs = (...list: object[]) => [200, { model_name: "fraud", outputs: list }] as const;
const numbers = (name: string, shape: number[], data: unknown[], datatype = "FP64") => ({
  name,
  shape,
  datatype,
  data,
});
const oneRow = '{"instances":[[1,2]]}';

/** The predictions that come of one answer for so many rows. */
async function predictions(answer: readonly [number, unknown], rows: number, server = "kserve"): Promise<string> {
  const { predict } = await startServer({ "GET /v2": [200, { name: server }], [infer]: answer });
  return predict(`{"instances":[${Array.from({ length: rows }, () => "[1]")}]}`);
}

describe("a prediction by v2", () => {
  it("K and M: sends rows as they are written where the model does not describe itself (kserve#1488, MLServer#145)", async () => {
    const { asked, sent, predict } = await startServer({
      "GET /v2": [200, { name: "kserve" }],
      [metadata]: [200, { inputs: [], outputs: [] }],
      [infer]: outputs(numbers("output-0", [1], [0.5])),
    });
    expect(await predict(oneRow, { "x-request-id": "abc" })).toBe('{"predictions":[0.5]}');
    expect(await predict(oneRow)).toBe('{"predictions":[0.5]}');
    expect(sent()[0]).toMatchObject({
      body: '{"id":"abc","inputs":[{"name":"input-0","shape":[1,2],"datatype":"FP64","data":[[1,2]]}]}',
      headers: { "content-type": "application/json" },
    });
    expect(asked.filter(({ path }) => path === "GET /v2" || path === metadata)).toHaveLength(2);
  });

  it("answers each request with its own predictions, though the answers of a model are alike", async () => {
    let calls = 0;
    const { predict } = await startServer({
      get [infer]() {
        return outputs(numbers("output-0", [1], [++calls]));
      },
    });
    for (const n of [1, 2, 3]) expect(await predict(oneRow)).toBe(`{"predictions":[${n}]}`);
  });

  it("sends what else the request says as parameters, and gives back those of the answer", async () => {
    const { sent, predict } = await startServer({
      [infer]: [
        200,
        {
          model_version: "3",
          parameters: { confidence: 0.5, content_type: "np", headers: { a: 1 } },
          outputs: [{ ...numbers("o", [1], [1]), parameters: { unit: "s" } }],
        },
      ],
    });
    expect(await predict('{"instances":[[1]],"seed":9007199254740993,"parameters":{"mode":"fast"}}')).toBe(
      '{"predictions":[1],"model_version":"3","parameters":{"confidence":0.5},"output_parameters":{"o":{"unit":"s"}}}',
    );
    expect(sent()[0]!.body).toContain('"parameters":{"seed":9007199254740993,"mode":"fast"}');
  });

  it("M: lets headers that a model answers as parameters go no further, nor what else is of the message", async () => {
    const answer = {
      parameters: { content_type: "np", headers: { "x-injected": "1" } },
      outputs: [{ ...numbers("o", [1], [1]), parameters: { content_type: "np", headers: { a: "b" } } }],
    };
    expect(await predictions([200, answer], 1, "mlserver")).toBe('{"predictions":[1]}');
  });

  it("refuses a member that no parameter can carry", async () => {
    const { predict } = await startServer({});
    const { reason, message } = await failure(predict('{"instances":[[1]],"context":[1]}'));
    expect([reason, message]).toEqual(["INVALID_REQUEST", expect.stringContaining("context: expected a text")]);
  });

  it.each<[string, readonly [number, unknown], number, string]>([
    ["one value for each row", outputs(numbers("o", [2], [1, 2])), 2, "[1,2]"],
    ["[n] becomes [n,1] on MLServer (MLServer#2197)", outputs(numbers("predict", [2, 1], [0, 1], "INT64")), 2, "[0,1]"],
    ["lists for each row", outputs(numbers("o", [2, 2], [0.9, 0.1, 0.2, 0.8])), 2, "[[0.9,0.1],[0.2,0.8]]"],
    [
      "lists that are nested already",
      outputs(
        numbers(
          "o",
          [2, 2],
          [
            [0.9, 0.1],
            [0.2, 0.8],
          ],
        ),
      ),
      2,
      "[[0.9,0.1],[0.2,0.8]]",
    ],
    [
      "several outputs as objects",
      outputs(numbers("label", [1, 1], ["up"], "BYTES"), numbers("prob", [1, 2], [0.7, 0.3], "FP32")),
      1,
      '[{"label":"up","prob":[0.7,0.3]}]',
    ],
    ["null where KServe and MLServer had NaN", outputs(numbers("o", [1], [null])), 1, "[null]"],
    [
      "bare NaN tokens of Triton (triton-server#3711)",
      [200, '{"outputs":[{"name":"o","shape":[2],"datatype":"FP32","data":[NaN,-Infinity]}]}'],
      2,
      "[NaN,-Infinity]",
    ],
    [
      "integers beyond 2^53",
      [200, '{"outputs":[{"name":"o","shape":[1],"datatype":"INT64","data":[9007199254740993]}]}'],
      1,
      "[9007199254740993]",
    ],
    [
      "FP16 in a block behind the JSON",
      [
        200,
        Buffer.concat([
          Buffer.from('{"outputs":[{"name":"o","shape":[1,2],"datatype":"FP16","parameters":{"binary_data_size":4}}]}'),
          Buffer.from([0, 0x3e, 0, 0xc0]),
        ]),
      ],
      1,
      "[[1.5,-2]]",
    ],
  ])("reads %s", async (_title, answer, rows, expected) => {
    expect(JSON.parse((await predictions(answer, rows)).replaceAll(/NaN|-Infinity/g, '"$&"'))).toEqual({
      predictions: JSON.parse(expected.replaceAll(/NaN|-Infinity/g, '"$&"')),
    });
  });

  it.each<[string, readonly [number, unknown], string]>([
    ["a shape that lies", outputs(numbers("o", [3], [1])), "outputs[0].data: does not have the 3 elements"],
    ["a shape that overflows", outputs(numbers("o", [2 ** 52, 2 ** 52], [1])), "outputs[0].shape: is ["],
    ["a negative dimension", outputs(numbers("o", [-1], [1])), "outputs[0].shape[0]: expected an integer of 0 or more"],
    ["an unknown datatype", outputs(numbers("o", [1], [1], "FP8")), 'outputs[0].datatype: "FP8" is unknown'],
    ["no outputs", outputs(), "outputs: is empty"],
    [
      "outputs of one name",
      outputs(numbers("o", [1], [1]), numbers("o", [1], [1])),
      "outputs[1].name: is that of another",
    ],
    [
      "an output that is not for each row",
      outputs(numbers("o", [1], [1]), numbers("p", [2], [1, 2])),
      "outputs[1].shape: is [2] for 1 rows",
    ],
    [
      "a block that claims 2 GiB",
      outputs({ name: "o", shape: [1], datatype: "FP32", parameters: { binary_data_size: 2 ** 31 } }),
      "binary_data_size: is 2147483648, and 0 bytes are left",
    ],
    ["what is not JSON", [200, "Internal"], "body: not JSON"],
    [
      "brackets beyond all size",
      outputs(numbers("o", [20_000, ...Array(31).fill(1)], Array(20_000).fill(1))),
      "larger than 100000 bytes",
    ],
  ])("calls %s a bad answer", async (_title, answer, words) => {
    const { reason, message } = await failure(predictions(answer, 1));
    expect([reason, message]).toEqual(["MODEL_BAD_ANSWER", expect.stringContaining(words)]);
  });

  it.each<[string, string, readonly [number, unknown], string, string]>([
    [
      "K: an unknown model",
      "kserve",
      [404, { error: "Model with name fraud does not exist." }],
      "MODEL_PATH_NOT_FOUND",
      "does not exist",
    ],
    [
      "K: not ready",
      "kserve",
      [503, { error: "Model with name fraud is not ready." }],
      "MODEL_NOT_READY",
      "is not ready",
    ],
    [
      "M: 400 while loading (kserve#2882)",
      "mlserver",
      [400, { error: "Model fraud is not ready yet." }],
      "MODEL_NOT_READY",
      "not ready yet",
    ],
    [
      "M: a failing model is plain text",
      "mlserver",
      [500, "Internal Server Error"],
      "MODEL_FAILED",
      "Internal Server Error",
    ],
    [
      "T: no available versions",
      "triton",
      [404, { error: "Request for unknown model: 'fraud' has no available versions" }],
      "MODEL_NOT_READY",
      "no available versions",
    ],
    [
      "T before 24.01: 400 for an unknown model",
      "triton",
      [400, { error: "Request for unknown model: 'fraud' is not found" }],
      "MODEL_PATH_NOT_FOUND",
      "not found",
    ],
    [
      "T: bad input",
      "triton",
      [400, { error: "unexpected shape for input 'x'" }],
      "MODEL_REJECTED_INPUT",
      "unexpected shape",
    ],
    [
      "schema errors",
      "kserve",
      [422, { detail: [{ msg: "Field required" }] }],
      "MODEL_REJECTED_INPUT",
      "Field required",
    ],
    ["too large", "triton", [413, ""], "REQUEST_TOO_LARGE", "refused the size"],
    ["too many", "kserve", [429, ""], "MODEL_OVERLOADED", "slow down"],
  ])("reports %s", async (_title, name, answer, reason, words) => {
    const { predict } = await startServer({ "GET /v2": [200, { name }], [infer]: answer });
    const error = await failure(predict(oneRow));
    expect([error.reason, error.message]).toEqual([reason, expect.stringContaining(words)]);
  });

  const failing = "Failed to process the request(s) for model 'fraud', message: ";
  const stack = '  File "/models/fraud/1/model.py", line 12, in execute\n    raise ValueError("bad")\n';

  it.each([
    ["the places behind an error", `${failing}ValueError: bad\n\nAt:\n  /models/fraud/1/model.py(12): execute\n`],
    [
      "a traceback that is longer than the words that are shown",
      `${failing}Traceback (most recent call last):\n${stack.repeat(30)}ValueError: bad`,
    ],
  ])("T: keeps %s from callers", async (_title, words) => {
    const { predict } = await startServer({ "GET /v2": [200, { name: "triton" }], [infer]: [500, { error: words }] });
    const { message, failure: reported } = await failure(predict(oneRow));
    expect(message).toContain("ValueError: bad");
    expect(message + JSON.stringify(reported)).not.toContain("model.py");
  });

  it("K: falls back to v1 where v2 fails over texts (kserve#6204)", async () => {
    const { predict } = await startServer({
      "GET /v2": [200, { name: "kserve" }],
      [infer]: [500, { error: "TypeError : decoding str is not supported" }],
      "POST /v1/models/fraud:predict": [200, { predictions: ["up"] }],
    });
    expect(JSON.parse(await predict(oneRow))).toEqual({ predictions: ["up"] });
  });

  it.each([
    ["kserve", "null"],
    ["mlserver", "null"],
    ["triton", "NaN"],
  ])("sends missing numbers to %s as %s", async (name, text) => {
    const { sent, predict } = await startServer({
      "GET /v2": [200, { name }],
      [infer]: outputs(numbers("o", [1], [1])),
    });
    await predict('{"instances":[[null,2]]}');
    expect(sent()[0]!.body).toContain(`"data":[${text},2]`);
  });

  it("T: splits rows where it takes fewer at a time, and joins what it answers", async () => {
    let firstRow = 0;
    const rows = (count: number) => Array.from({ length: count }, () => firstRow++);
    const { sent, predict } = await startServer({
      "GET /v2": [200, { name: "triton" }],
      [metadata]: [
        200,
        {
          inputs: [
            { name: "a", datatype: "FP32", shape: [-1, 1] },
            { name: "c", datatype: "BYTES", shape: [-1, 1] },
          ],
          outputs: [],
        },
      ],
      "GET /v2/models/fraud/config": [200, { name: "fraud", max_batch_size: 2 }],
      get [infer]() {
        const count = firstRow < 4 ? 2 : 1;
        return [200, { model_version: "1", outputs: [numbers("o", [count, 1], rows(count))] }] as const;
      },
    });
    expect(await predict('{"instances":[[1,"k"],[2,"long"],[3,""],[4,"x"],[5,"y"]]}')).toBe(
      '{"predictions":[0,1,2,3,4],"model_version":"1"}',
    );
    const parts = sent().map(({ body, headers }) => {
      const jsonBytes = Number(headers["inference-header-content-length"]);
      const { inputs } = JSON.parse(body.slice(0, jsonBytes)) as { inputs: { shape: number[] }[] };
      return [inputs.map(({ shape }) => shape[0]), body.slice(jsonBytes).replaceAll(/[^a-z]/g, "")];
    });
    expect(parts).toEqual([
      [[2, 2], "klong"],
      [[2, 2], "x"],
      [[1, 1], "y"],
    ]);
  });

  it.each([
    ["0, for one without batches", [200, { max_batch_size: 0 }]],
    ["nothing", [404, {}]],
    ["something else", [200, "none"]],
  ] as const)("T: splits nothing where the configuration says %s", async (_title, config) => {
    const { sent, predict } = await startServer({
      "GET /v2": [200, { name: "triton" }],
      [metadata]: [200, { inputs: [], outputs: [] }],
      "GET /v2/models/fraud/config": config,
      [infer]: outputs(numbers("o", [2], [1, 2])),
    });
    expect(await predict('{"instances":[[1],[2]]}')).toBe('{"predictions":[1,2]}');
    expect(sent()).toHaveLength(1);
  });

  it("T: answers that are together larger than an answer may be are a bad one", async () => {
    const { predict } = await startServer({
      "GET /v2": [200, { name: "triton" }],
      [metadata]: [200, { inputs: [], outputs: [] }],
      "GET /v2/models/fraud/config": [200, { max_batch_size: 1 }],
      [infer]: outputs(numbers("o", [1], ["x".repeat(60_000)], "BYTES")),
    });
    const { reason, message } = await failure(predict('{"instances":[[1],[2],[3]]}'));
    expect([reason, message]).toEqual(["MODEL_BAD_ANSWER", expect.stringContaining("larger than 100000 bytes")]);
  });

  it("sends FP16 as blocks, and asks for them", async () => {
    const { sent, predict } = await startServer({
      "GET /v2": [200, { name: "triton" }],
      [metadata]: [
        200,
        {
          inputs: [{ name: "x", datatype: "FP16", shape: [-1, 1] }],
          outputs: [{ name: "o", datatype: "FP16", shape: [-1] }],
        },
      ],
      [infer]: outputs(numbers("o", [1], [1], "FP32")),
    });
    await predict('{"instances":[[1.5]]}');
    const [{ body, headers }] = sent() as [Asked];
    expect(body).toContain('"binary_data_output":true');
    expect(body.slice(Number(headers["inference-header-content-length"]))).toBe("\0>");
    expect(headers["content-type"]).toBe("application/octet-stream");
  });

  it.each([
    [[{ name: "x", datatype: "FP32", shape: [-2] }]],
    [[{ name: "x", datatype: "FP32", shape: [1e300] }]],
    [[{}]],
    ["x"],
  ])("calls a description of inputs as %j a bad answer", async (inputs) => {
    const { predict } = await startServer({ [metadata]: [200, { inputs }] });
    expect((await failure(predict(oneRow))).reason).toBe("MODEL_BAD_ANSWER");
  });
});

describe("an inference request that is passed on", () => {
  const request = Buffer.from('{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}],"x":1}');

  it("is passed through byte for byte, like its response", async () => {
    const { asked, infer: pass } = await startServer({ [infer]: outputs(numbers("o", [1], [1])) });
    const { answer } = await pass(request);
    expect(asked.map(({ path, body }) => [path, body])).toEqual([[infer, request.toString()]]);
    expect(answer).toMatchObject({ form: "rest", jsonBytes: undefined });
  });

  it.each([
    ["M: becomes JSON where the server takes no blocks (MLServer#324)", { name: "mlserver", version: "1.7.1" }],
    ["K: becomes JSON before 0.14", { name: "kserve", version: "0.13.1" }],
  ])("%s", async (_title, server) => {
    const { sent, infer: pass } = await startServer({
      "GET /v2": [200, server],
      [infer]: outputs(numbers("o", [1], [1])),
    });
    const json = Buffer.from(
      '{"inputs":[{"name":"x","shape":[2],"datatype":"INT16","parameters":{"binary_data_size":4}}]}',
    );
    await pass(Buffer.concat([json, Buffer.from([1, 0, 0xff, 0xff])]), json.length);
    expect(JSON.parse(sent()[0]!.body).inputs).toEqual([{ name: "x", shape: [2], datatype: "INT16", data: [1, -1] }]);
  });
});

describe("readiness by v2", () => {
  const question = "GET /v2/models/fraud/ready";
  it.each<[string, Answers, string, string]>([
    ["K: ready", { [question]: [200, { name: "fraud", ready: true }] }, "ready", ""],
    ["M and T: ready, in silence", { [question]: [200, ""] }, "ready", ""],
    [
      "K: not ready",
      { [question]: [503, { error: "Model with name fraud is not ready." }] },
      "not-ready",
      "is not ready",
    ],
    ["M and T: 400 in silence", { [question]: [400, ""] }, "not-ready", "loading"],
    [
      "M: a server that is ready without the model (MLServer#2056)",
      { "GET /v2/health/ready": [200, ""], [question]: [404, { error: "Model fraud not found" }] },
      "not-ready",
      "Model fraud not found",
    ],
    [
      "a server of v1 alone",
      { "GET /v1/models/fraud": [200, { name: "fraud", ready: true }] },
      "not-ready",
      "the model server speaks KServe v1; set protocol: v1",
    ],
  ])("%s", async (_title, answers, state, words) => {
    const { ready } = await startServer(answers);
    expect(await ready()).toMatchObject({ state, reason: expect.stringContaining(words) });
  });

  it.each<[string, Answers]>([
    ["v2 alone", {}],
    [
      "v2, and OpenAI's protocol where v1 was (OVMS, model_server#4349)",
      {
        "GET /v1/models": [200, { object: "list", data: [{ id: "fraud", object: "model" }] }],
        "GET /v1/models/fraud": [404, { error: { message: "The model does not exist" } }],
      },
    ],
  ])("finds an entry of v1 whose server speaks %s", async (_title, answers) => {
    const { ready } = await startServer({ ...answers, [question]: [200, ""] }, { protocol: "v1" });
    expect(await ready()).toMatchObject({
      state: "not-ready",
      reason: expect.stringContaining("set protocol: v2 in the entry"),
    });
  });
});
