import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { Cancellation } from "../../../src/base/cancellation.ts";
import { MemoryBudget } from "../../../src/registry/memory-budget.ts";
import type { UpstreamTerms } from "../../../src/registry/ports.ts";
import type { RegistryError } from "../../../src/registry/registry-error.ts";
import { createGrpcClient } from "../../../src/upstream/grpc-v2/grpc-client.ts";
import { createOpenInferenceGrpc } from "../../../src/upstream/grpc-v2/open-inference-grpc.ts";
import { createHttp2Client } from "../../../src/upstream/http2/http2-client.ts";
import {
  type AnswerRpc,
  doubles,
  GrpcFault,
  type Message,
  startInferenceServer,
} from "../../support/inference-server.ts";
import { registered } from "../../support/registered.ts";
import type { Entry } from "../../support/running-service.ts";
import { type AnswerCall, expectNoSocketsAfterEach, startHttp2Upstream } from "../http2/support/http2-upstream.ts";

expectNoSocketsAfterEach();

/** A model at an address, and what is asked of it. */
function createCaller(url: string, entry: Partial<Entry> = {}) {
  const memory = new MemoryBudget(Number.POSITIVE_INFINITY);
  const maxResponseBytes = 16 * 1024 * 1024;
  const http2 = createHttp2Client({
    connectTimeoutMs: 1000,
    idleTimeoutMs: 10_000,
    maxResponseBytes,
    tls: { caFiles: [], certFile: undefined, keyFile: undefined },
    retries: { share: 0.2 },
    memory,
  });
  onTestFinished(() => http2.close());
  const protocol = createOpenInferenceGrpc({
    grpc: createGrpcClient(http2, { maxResponseBytes, memory }),
    limits: { maxResponseBytes, memory },
  });
  const model = registered({ url, model: "served-name", ...entry });
  const terms = (more: Partial<UpstreamTerms> = {}): UpstreamTerms => ({
    model,
    headers: {},
    cancellation: new Cancellation<Error>(),
    holder: undefined,
    ...more,
  });
  const predict = async (body: object | string, more: Partial<UpstreamTerms> = {}) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const answer = await protocol.predict({ ...terms(more), body: Buffer.from(text) });
    return Buffer.from(answer.body).toString();
  };
  const failure = (body: object = { instances: [[1]] }, more: Partial<UpstreamTerms> = {}): Promise<RegistryError> =>
    predict(body, more).then(
      (answer) => Promise.reject(new Error(`it answered ${answer}`)),
      (error) => error,
    );
  return { protocol, model, terms, predict, failure };
}

/** A server whose model answers what it gets: one row for each, of the sums of its doubles. */
const sums: AnswerRpc = ({ inputs, raw_input_contents: [raw] }) => {
  const [rows, width] = inputs[0].shape.map(Number);
  const values = new Float64Array(new Uint8Array(raw).buffer);
  const sum = (row: number) => values.slice(row * width, (row + 1) * width).reduce((a, b) => a + b, 0);
  return {
    model_name: "served-name",
    outputs: [{ name: "output-0", datatype: "FP64", shape: [rows] }],
    raw_output_contents: [doubles(...Array.from({ length: rows }, (_, row) => sum(row)))],
  };
};

const kserve: Record<string, AnswerRpc> = {
  ServerMetadata: () => ({ name: "kserve", version: "0.21.0" }),
  ModelMetadata: ({ name }) => ({ name }),
};

async function start(rpcs: Record<string, AnswerRpc>, entry: Partial<Entry> = {}) {
  const server = await startInferenceServer({ ...kserve, ...rpcs });
  return { server, ...createCaller(server.url, entry) };
}

describe("a prediction over gRPC", () => {
  it("sends rows as raw contents, and makes predictions of raw contents", async () => {
    const { server, predict } = await start({ ModelInfer: sums });
    expect(
      await predict(
        {
          instances: [
            [1, 2],
            [3, 4.5],
          ],
        },
        { headers: { "x-request-id": "r-1" } },
      ),
    ).toBe('{"predictions":[3.0,7.5]}');
    const { request } = server.seen.find(({ method }) => method === "ModelInfer")!;
    expect(request).toMatchObject({
      model_name: "served-name",
      id: "r-1",
      inputs: [{ name: "input-0", datatype: "FP64", shape: ["2", "2"] }],
      raw_input_contents: [doubles(1, 2, 3, 4.5)],
    });
  });

  it("asks for the metadata of a model once, however many calls wait for it", async () => {
    const { server, predict } = await start({ ModelInfer: sums });
    await Promise.all([1, 2, 3].map((value) => predict({ instances: [[value]] })));
    await predict({ instances: [[4]] });
    expect(server.seen.map(({ method }) => method).sort()).toEqual([
      ...Array(4).fill("ModelInfer"),
      "ModelMetadata",
      "ServerMetadata",
    ]);
  });

  it("goes by the metadata that the server has", async () => {
    const { server, predict } = await start({
      ServerMetadata: () => ({ name: "triton" }),
      ModelMetadata: () => ({
        inputs: [
          { name: "age", datatype: "FP32", shape: [-1, 1] },
          { name: "city", datatype: "BYTES", shape: [-1, 1] },
        ],
        outputs: [{ name: "label", datatype: "BYTES", shape: [-1, 1] }],
      }),
      ModelInfer: () => ({
        outputs: [{ name: "label", datatype: "BYTES", shape: [1, 1] }],
        raw_output_contents: [Buffer.from("\x02\0\0\0up")],
      }),
    });
    expect(await predict({ instances: [{ city: "Bonn", age: 41 }] })).toBe('{"predictions":["up"]}');
    const { request } = server.seen.find(({ method }) => method === "ModelInfer")!;
    expect(request.inputs.map(({ name, shape }: Message) => [name, shape])).toEqual([
      ["age", ["1", "1"]],
      ["city", ["1", "1"]],
    ]);
    expect(request.raw_input_contents).toEqual([
      Buffer.from(new Float32Array([41]).buffer),
      Buffer.from("\x04\0\0\0Bonn"),
    ]);
  });

  it("splits rows where Triton takes fewer at a time, and joins what it answers", async () => {
    const { server, predict } = await start({
      ServerMetadata: () => ({ name: "triton" }),
      ModelMetadata: () => ({ inputs: [{ name: "x", datatype: "FP64", shape: [-1, 1] }] }),
      // config { max_batch_size: 2 }
      ModelConfig: () => Buffer.from([0x0a, 0x02, 0x20, 0x02]),
      ModelInfer: sums,
    });
    expect(await predict({ instances: [[1], [2], [3], [4], [5]] })).toBe('{"predictions":[1.0,2.0,3.0,4.0,5.0]}');
    const shapes = server.seen.flatMap(({ method, request }) =>
      method === "ModelInfer" ? [request.inputs[0].shape] : [],
    );
    expect(shapes).toEqual([
      ["2", "1"],
      ["2", "1"],
      ["1", "1"],
    ]);
  });

  it("sends the columns of a frame as typed contents, of which KServe's server makes rows, with texts marked as such (MLServer#737)", async () => {
    const { server, predict } = await start({
      ModelInfer: () => ({
        outputs: [{ name: "o", datatype: "INT64", shape: [1], contents: { int64_contents: [7] } }],
      }),
    });
    expect(await predict({ instances: [{ age: 41, city: "Bonn" }] })).toBe('{"predictions":[7]}');
    const { request } = server.seen.find(({ method }) => method === "ModelInfer")!;
    expect(request).toMatchObject({
      parameters: { content_type: { string_param: "pd" } },
      inputs: [
        { name: "age", contents: { fp64_contents: [41] } },
        {
          name: "city",
          parameters: { content_type: { string_param: "str" } },
          contents: { bytes_contents: [Buffer.from("Bonn")] },
        },
      ],
      raw_input_contents: [],
    });
  });

  it("sends typed contents alone to TorchServe, which reads no others", async () => {
    const { server, predict } = await start({
      ServerMetadata: () => ({ name: "Torchserve" }),
      ModelInfer: () => ({
        outputs: [{ name: "o", datatype: "BOOL", shape: [1], contents: { bool_contents: [true] } }],
      }),
    });
    expect(await predict({ instances: [[1, 2]] })).toBe('{"predictions":[true]}');
    const { request } = server.seen.find(({ method }) => method === "ModelInfer")!;
    expect([request.inputs[0].contents.fp64_contents, request.raw_input_contents]).toEqual([[1, 2], []]);
  });

  it.each<[string, Message, string]>([
    ["INT64 beyond 2^53", { contents: { int64_contents: ["9007199254740993"] } }, "[9007199254740993]"],
    ["UINT64", { contents: { uint64_contents: ["18446744073709551615"] } }, "[18446744073709551615]"],
    ["INT8", { contents: { int_contents: [-5] } }, "[-5]"],
    ["UINT16", { contents: { uint_contents: [65535] } }, "[65535]"],
    ["FP32", { contents: { fp32_contents: [0.5] } }, "[0.5]"],
    ["FP64", { contents: { fp64_contents: [Number.NaN] } }, "[NaN]"],
    ["BOOL", { contents: { bool_contents: [false] } }, "[false]"],
    ["BYTES", { contents: { bytes_contents: [Buffer.from('a"b')] } }, '["a\\"b"]'],
  ])("reads typed contents of %s", async (name, tensor, predictions) => {
    const datatype = name.split(" ", 1)[0];
    const { predict } = await start({
      ModelInfer: () => ({ outputs: [{ name: "o", datatype, shape: [1], ...tensor }] }),
    });
    expect(await predict({ instances: [[1]] })).toBe(`{"predictions":${predictions}}`);
  });

  it("makes an object of several outputs, and passes on what else the model says", async () => {
    const { predict } = await start({
      ModelInfer: () => ({
        model_version: "3",
        parameters: { unit: { string_param: "ms" } },
        outputs: [
          {
            name: "label",
            datatype: "BYTES",
            shape: [2],
            contents: { bytes_contents: ["up", "down"].map(Buffer.from) },
          },
          { name: "prob", datatype: "FP64", shape: [2, 2], contents: { fp64_contents: [0.7, 0.3, 0.1, 0.9] } },
        ],
      }),
    });
    expect(JSON.parse(await predict({ instances: [[1], [2]] }))).toEqual({
      predictions: [
        { label: "up", prob: [0.7, 0.3] },
        { label: "down", prob: [0.1, 0.9] },
      ],
      model_version: "3",
      parameters: { unit: "ms" },
    });
  });

  it("sends the server how long the call may take, and a little more", async () => {
    let leftMs = 0;
    const { predict } = await start({
      ModelInfer: (request, call) => {
        leftMs = Number(call.getDeadline()) - Date.now();
        return sums(request, call);
      },
    });
    await predict({ instances: [[1]] }, { deadlineMs: performance.now() + 5000 });
    expect(leftMs).toBeGreaterThan(3000);
    expect(leftMs).toBeLessThan(5100);
  });

  it("ends at the server when the caller leaves", async () => {
    let cancelled = false;
    const { predict, server } = await start({
      ModelInfer: async (_request, call) => {
        call.on("cancelled", () => {
          cancelled = true;
        });
        await sleep(5000, undefined, { ref: false });
        return {};
      },
    });
    const cancellation = new Cancellation<Error>();
    const left = expect(predict({ instances: [[1]] }, { cancellation })).rejects.toThrow("left");
    await expect.poll(() => server.seen.some(({ method }) => method === "ModelInfer")).toBe(true);
    cancellation.cancel(new Error("left"));
    await left;
    await expect.poll(() => cancelled).toBe(true);
  });

  it("names the cell that does not fit", async () => {
    const { failure } = await start({
      ModelMetadata: () => ({ inputs: [{ name: "x", datatype: "INT8", shape: [-1, 2] }] }),
      ModelInfer: sums,
    });
    expect(
      await failure({
        instances: [
          [1, 2],
          [3, 300],
        ],
      }),
    ).toMatchObject({
      reason: "INVALID_INSTANCE",
      violations: [{ field: "instances[1][1]" }],
    });
  });
});

describe("a status of gRPC", () => {
  it.each<[ConstructorParameters<typeof GrpcFault>[0], string, string]>([
    ["INVALID_ARGUMENT", "unexpected shape", "MODEL_REJECTED_INPUT"],
    ["INVALID_ARGUMENT", "Model m is not ready yet.", "MODEL_NOT_READY"],
    ["OUT_OF_RANGE", "too far", "MODEL_REJECTED_INPUT"],
    ["NOT_FOUND", "Request for unknown model: 'm' is not found", "MODEL_PATH_NOT_FOUND"],
    ["NOT_FOUND", "Request for unknown model: 'm' has no available versions", "MODEL_NOT_READY"],
    // Triton before 2022 (triton-server#3399).
    ["UNAVAILABLE", "Request for unknown model: 'm' is not found", "MODEL_PATH_NOT_FOUND"],
    ["UNKNOWN", "Model m with version  not found", "MODEL_PATH_NOT_FOUND"],
    ["UNIMPLEMENTED", "Method not found!", "MODEL_PATH_NOT_FOUND"],
    ["UNIMPLEMENTED", "ModelInfer RPC doesn't support models with decoupled transaction policy", "MODEL_FAILED"],
    ["UNAVAILABLE", "no healthy upstream", "MODEL_NOT_READY"],
    ["RESOURCE_EXHAUSTED", "Received message larger than max (9 vs. 8)", "REQUEST_TOO_LARGE"],
    ["RESOURCE_EXHAUSTED", "slow down", "MODEL_OVERLOADED"],
    ["DEADLINE_EXCEEDED", "Deadline Exceeded", "MODEL_TIMEOUT"],
    ["UNAUTHENTICATED", "no token", "MODEL_REJECTED_CREDENTIALS"],
    ["PERMISSION_DENIED", "not yours", "MODEL_REJECTED_CREDENTIALS"],
    ["INTERNAL", "Internal server error", "MODEL_FAILED"],
    // MLServer's codec of numpy over an answer with NaN (MLServer#1154, #1346).
    ["INTERNAL", "must be real number, not NoneType", "MODEL_FAILED"],
    ["INTERNAL", "required argument is not a float", "MODEL_FAILED"],
    ["UNKNOWN", "'ModelNotReady' object has no attribute 'reason'", "MODEL_NOT_READY"],
    ["UNKNOWN", "anything", "MODEL_FAILED"],
    ["ABORTED", "anything", "MODEL_FAILED"],
  ])("%s with the words %j means %s", async (code, words, reason) => {
    const { failure } = await start({
      ModelInfer: () => {
        throw new GrpcFault(code, words);
      },
    });
    const error = await failure();
    expect(error).toMatchObject({ reason, failure: { upstreamStatus: 200, attempts: 1 } });
    expect(error.message).toContain(`(gRPC ${code}): ${words}`);
    expect(error.failure!.hint).not.toBe("");
  });

  it("says nothing of the code of the model, or of where it lies", async () => {
    const { failure } = await start({
      ModelInfer: () => {
        throw new GrpcFault("INTERNAL", "ValueError: no such city\n\nAt:\n  /models/secret/1/model.py(12): execute\n");
      },
    });
    const { message, failure: shown } = await failure();
    expect(message).toMatch(/ValueError: no such city$/);
    expect(JSON.stringify(shown)).not.toContain("secret");
  });

  it("says to use v1 where KServe cannot answer texts by v2", async () => {
    const { failure } = await start({
      ModelInfer: () => {
        throw new GrpcFault("INVALID_ARGUMENT", "decoding str is not supported");
      },
    });
    expect((await failure()).failure!.hint).toContain("protocol: v1");
  });
});

describe("an answer that is not a prediction", () => {
  const output = { name: "o", datatype: "FP64", shape: [1] };
  it.each<[string, Message]>([
    ["has no outputs", {}],
    ["has as many values as it says, but fewer bytes", { outputs: [output], raw_output_contents: [Buffer.alloc(4)] }],
    ["has more bytes", { outputs: [output], raw_output_contents: [Buffer.alloc(16)] }],
    ["has no contents", { outputs: [output] }],
    ["has a shape below zero", { outputs: [{ ...output, shape: [-1] }], raw_output_contents: [Buffer.alloc(8)] }],
    ["has a shape that overflows", { outputs: [{ ...output, shape: ["4294967296", "4294967296"] }] }],
    ["has fewer raw blocks than outputs", { outputs: [output, output], raw_output_contents: [Buffer.alloc(8)] }],
    ["has an unknown datatype", { outputs: [{ ...output, datatype: "FP8" }], raw_output_contents: [Buffer.alloc(1)] }],
    [
      "has text whose length lies",
      {
        outputs: [{ ...output, datatype: "BYTES" }],
        raw_output_contents: [Buffer.from("\xff\xff\xff\x7fa", "latin1")],
      },
    ],
  ])("%s", async (_title, answer) => {
    const { failure } = await start({ ModelInfer: () => answer });
    expect(await failure()).toMatchObject({ reason: "MODEL_BAD_ANSWER" });
  });

  /** A server that answers ModelInfer as a test likes, and does not know the questions before. */
  async function startRaw(answer: AnswerCall) {
    const server = await startHttp2Upstream((call) => {
      if (call.headers[":path"]!.endsWith("/ModelInfer")) return answer(call);
      call.stream.respond(
        { ":status": 200, "content-type": "application/grpc", "grpc-status": "12" },
        { endStream: true },
      );
    });
    return createCaller(`http://127.0.0.1:${server.port}`);
  }

  const respond =
    (
      body: Buffer,
      head: Record<string, string> = {},
      trailers: Record<string, string> = { "grpc-status": "0" },
    ): AnswerCall =>
    ({ stream }) => {
      stream.respond({ ":status": 200, "content-type": "application/grpc", ...head }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers(trailers));
      stream.end(body);
    };
  const frame = (message: Buffer, flag = 0, length = message.length): Buffer => {
    const head = Buffer.from([flag, 0, 0, 0, 0]);
    head.writeUInt32BE(length, 1);
    return Buffer.concat([head, message]);
  };
  /** {"outputs": [{name: "o", datatype: "FP64", shape: [1]}], "raw_output_contents": [1]} */
  const good = Buffer.concat([
    Buffer.from([0x2a, 12, 0x0a, 1, 0x6f, 0x12, 4]),
    Buffer.from("FP64"),
    Buffer.from([0x1a, 1, 1, 0x32, 8]),
    doubles(1),
  ]);

  it.each<[string, AnswerCall]>([
    ["has no message", respond(Buffer.alloc(0))],
    ["has half a message", respond(frame(good, 0, good.length + 1))],
    ["has two messages", respond(Buffer.concat([frame(good), frame(good)]))],
    ["says that it has 2 GiB", respond(frame(good, 0, 0x7fff_ffff))],
    ["is not in protobuf", respond(frame(Buffer.from("hello, world")))],
    ["is compressed, and does not say how", respond(frame(good, 1))],
    ["is not compressed as it says", respond(frame(good, 1), { "grpc-encoding": "gzip" })],
    ["is compressed in another way", respond(frame(good, 1), { "grpc-encoding": "snappy" })],
    [
      "is a page of a proxy",
      ({ stream }) => {
        stream.respond({ ":status": 200, "content-type": "text/html" });
        stream.end("<html>");
      },
    ],
  ])("%s", async (_title, answer) => {
    expect(await (await startRaw(answer)).failure()).toMatchObject({ reason: "MODEL_BAD_ANSWER" });
  });

  it("is accepted compressed with gzip, although this was not requested", async () => {
    const { predict } = await startRaw(respond(frame(gzipSync(good), 1), { "grpc-encoding": "gzip" }));
    expect(await predict({ instances: [[1]] })).toBe('{"predictions":[1.0]}');
  });

  const megabytes = Buffer.concat([Buffer.from([0x1a, 0x80, 0x80, 0x80, 4]), Buffer.alloc(8 * 1024 * 1024, "x")]);
  const dimension = Buffer.from([0x18, 1]);
  it.each<[string, Buffer]>([
    ["a description may take, once decompressed", megabytes],
    ["there may be tensors", Buffer.concat(Array.from({ length: 5000 }, () => Buffer.from([0x22, 0])))],
    [
      "there may be dimensions",
      Buffer.concat([Buffer.from([0x22, 66]), ...Array.from({ length: 33 }, () => dimension)]),
    ],
  ])("is refused where it is metadata with more than %s", async (_title, metadata) => {
    const server = await startHttp2Upstream((call) => {
      const isMetadata = call.headers[":path"]!.endsWith("/ModelMetadata");
      const answer = respond(frame(gzipSync(isMetadata ? metadata : ""), 1), { "grpc-encoding": "gzip" });
      return answer(call);
    });
    const { protocol, model } = createCaller(`http://127.0.0.1:${server.port}`);
    await expect(protocol.askMetadata!(model, new Cancellation<Error>())).rejects.toMatchObject({
      reason: "MODEL_BAD_ANSWER",
    });
  });

  it("is lost where it ends without a status", async () => {
    const { failure } = await startRaw(({ stream }) => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" });
      stream.end(frame(good));
    });
    expect(await failure()).toMatchObject({ reason: "MODEL_UNREACHABLE", unprocessed: false });
  });

  it.each([
    [503, "MODEL_NOT_READY"],
    [404, "MODEL_PATH_NOT_FOUND"],
    [401, "MODEL_REJECTED_CREDENTIALS"],
    [302, "MODEL_PATH_NOT_FOUND"],
  ])("is the failure that it means where a proxy answers HTTP %i", async (status, reason) => {
    const { failure } = await startRaw(({ stream }) => {
      stream.respond({ ":status": status, "content-type": "text/plain" });
      stream.end("said by a proxy");
    });
    expect(await failure()).toMatchObject({ reason, message: expect.stringContaining("said by a proxy") });
  });
});

describe("an inference request of a caller", () => {
  const message = Buffer.from("\x0a\x05alias\x12\x011\x1a\x02id", "latin1");

  it("is passed through, with the server's name for the model", async () => {
    const { server, protocol, terms } = await start({ ModelInfer: ({ id }) => ({ id, model_name: "served-name" }) });
    const { answer } = await protocol.infer!({ ...terms(), request: { form: "grpc", message } });
    const { request } = server.seen.find(({ method }) => method === "ModelInfer")!;
    expect(request).toMatchObject({ model_name: "served-name", model_version: "1", id: "id" });
    expect(answer.form).toBe("grpc");
    expect(server.seen.length).toBe(1);
  });

  it("is the caller's mistake where it is not a message", async () => {
    const { protocol, terms, server } = await start({ ModelInfer: sums });
    const request = { form: "grpc", message: Buffer.from([0x0a, 0xff]) } as const;
    await expect(protocol.infer!({ ...terms(), request })).rejects.toMatchObject({
      reason: "INVALID_REQUEST",
      message: "message: is not in the wire format of protobuf: it breaks off",
    });
    expect(server.seen).toEqual([]);
  });
});

describe("readiness over gRPC", () => {
  it.each<[string, AnswerRpc | undefined, object]>([
    ["is what the server says", () => ({ ready: true }), { state: "ready" }],
    [
      "K: may be missing, though it would serve predictions (kserve#2775)",
      () => ({ ready: false }),
      { state: "not-ready" },
    ],
    [
      "is missing where the model is unknown",
      () => {
        throw new GrpcFault("NOT_FOUND", "Model served-name with version  not found");
      },
      { state: "not-ready", reason: expect.stringContaining("not found") },
    ],
    ["is unknown where the server has no such question", undefined, { state: "unknown", unanswered: true }],
  ])("%s", async (_title, answer, readiness) => {
    const { protocol, model } = await start(answer === undefined ? {} : { ModelReady: answer });
    const found = await protocol.askReadiness(model, new Cancellation());
    expect(found.readiness).toMatchObject(readiness);
  });

  it("gives the names that a server lists, and none where it does not", async () => {
    const listing = await start({ RepositoryIndex: () => ({ models: [{ name: "a" }, { name: "b" }] }) });
    expect(await listing.protocol.askNames(listing.model, new Cancellation())).toEqual(["a", "b"]);
    const silent = await start({});
    expect(await silent.protocol.askNames(silent.model, new Cancellation())).toEqual([]);
  });

  it("gives the metadata of the model", async () => {
    const { protocol, model } = await start({
      ModelMetadata: () => ({
        name: "m",
        versions: ["1", "2"],
        platform: "sklearn",
        inputs: [{ name: "x", datatype: "FP32", shape: [-1, 4] }],
        outputs: [{ name: "y", datatype: "INT64", shape: [-1] }],
      }),
    });
    expect(await protocol.askMetadata!(model, new Cancellation())).toEqual({
      platform: "sklearn",
      versions: ["1", "2"],
      inputs: [{ name: "x", datatype: "FP32", shape: [-1, 4] }],
      outputs: [{ name: "y", datatype: "INT64", shape: [-1] }],
    });
  });
});
