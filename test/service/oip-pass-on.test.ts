import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { Code, createClient } from "@connectrpc/connect";
import { describe, expect, it, onTestFinished } from "vitest";
import { GRPCInferenceService } from "../../gen/inference/grpc_service_pb.ts";
import { freePort } from "../../measure/free-port.ts";
import { jsonOf, send } from "../support/http-client.ts";
import { doubles, startInferenceServer } from "../support/inference-server.ts";
import { startRegistry } from "../support/running-service.ts";
import { transportOf, ways } from "../support/ways.ts";

const name = "own-name";
const path = `/v2/models/${name}/infer`;

interface Asked {
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

type Reply = (response: ServerResponse) => void;

const answered: Reply = (response) => {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(
    '{ "model_name": "theirs", "id":"1", "extra":[1], "outputs": [{"name":"p","shape":[2,1],"datatype":"FP32","data":[0.1, 2.50]},' +
      '{"name":"q","shape":[2],"datatype":"BYTES","data":["a","b"]}]}',
  );
};

/** A server of the Open Inference Protocol over REST with the given answers. */
async function startV2(reply: Reply = answered, extensions: readonly string[] = []) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      const { url = "", headers } = request;
      const json = (value: unknown) => {
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify(value));
      };
      if (url.endsWith("/infer")) {
        asked.push({ url, headers, body });
        reply(response);
      } else if (url === "/v2/models/theirs") {
        const inputs = [{ name: "x", datatype: "FP32", shape: [-1, 2] }];
        json({ name: "theirs", versions: ["1"], platform: "test", inputs, outputs: [] });
      } else if (url.endsWith("/ready")) json({ name: "theirs", ready: true });
      else json({ name: "test", version: "1", extensions });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const registry = await startRegistry({ models: [{ name, model: "theirs", protocol: "v2", url }] });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: registry.url, asked };
}

const body = '{"inputs" : [{"name":"x","shape":[2,2],"datatype":"FP32","data":[1, 2.50, 3,4]}]}';

describe("a v2 model behind a v2 caller over REST", () => {
  it("gets the bytes of the caller, and only its name is changed in the answer", async () => {
    const { url, asked } = await startV2();
    const answer = await send("1.1", { url, path, body });
    expect(asked.map((each) => [each.url, each.body.toString()])).toEqual([["/v2/models/theirs/infer", body]]);
    expect([answer.status, answer.body]).toEqual([
      200,
      `{ "model_name": "${name}", "id":"1", "extra":[1], "outputs": [{"name":"p","shape":[2,1],"datatype":"FP32","data":[0.1, 2.50]},` +
        '{"name":"q","shape":[2],"datatype":"BYTES","data":["a","b"]}]}',
    ]);
  });

  it("is filtered to the requested outputs, whatever its server returns", async () => {
    const { url } = await startV2();
    const answer = await send("1.1", { url, path, body: `${body.slice(0, -1)},"outputs":[{"name":"q"}]}` });
    expect(jsonOf(answer)).toEqual({
      model_name: name,
      id: "1",
      outputs: [{ name: "q", shape: [2], datatype: "BYTES", data: ["a", "b"] }],
    });
  });

  it("describes itself, and has the versions that it says", async () => {
    const { url } = await startV2();
    const of = async (at: string) => await send("1.1", { url, path: `/v2/models/${name}${at}` });
    expect(jsonOf(await of(""))).toMatchObject({ name, platform: "test", inputs: [{ name: "x", datatype: "FP32" }] });
    expect((await of("/versions/1/ready")).status).toBe(200);
    expect((await of("/versions/2/ready")).status).toBe(404);
  });

  it("T: has no other way to write a version, though Triton takes one over gRPC (triton-server#5493)", async () => {
    const { url, asked } = await startV2();
    const overRest = await send("1.1", { url, path: `/v2/models/${name}/versions/1.0.0/infer`, body });
    expect(overRest.status).toBe(404);
    const grpc = createClient(GRPCInferenceService, transportOf(ways[0]!, url));
    const inputs = [{ name: "x", datatype: "FP32", shape: [1n, 2n], contents: { fp32Contents: [1, 2] } }];
    const call = grpc.modelInfer({ modelName: name, modelVersion: "1.0.0", inputs });
    await expect(call).rejects.toMatchObject({ code: Code.NotFound });
    expect(asked).toEqual([]);
  });

  it("is called with the version that the caller names, over REST and gRPC", async () => {
    const { url, asked } = await startV2();
    const overRest = await send("1.1", { url, path: `/v2/models/${name}/versions/1/infer`, body });
    expect(overRest.status).toBe(200);
    const grpc = createClient(GRPCInferenceService, transportOf(ways[0]!, url));
    const inputs = [{ name: "x", datatype: "FP32", shape: [1n, 2n], contents: { fp32Contents: [1, 2] } }];
    await grpc.modelInfer({ modelName: name, modelVersion: "1", inputs });
    expect(asked.map((each) => each.url)).toEqual(Array(2).fill("/v2/models/theirs/versions/1/infer"));
  });

  it.each<[string, string, number, string]>([
    ["a wrong count", body.replace("[2,2]", "[2,3]"), 400, "inputs[0].data"],
    ["a wrong type", body.replace("2.50", '"a"'), 400, 'found "a"'],
    [
      "a wrong type beside named outputs",
      `${body.replace("2.50", '"a"').slice(0, -1)},"outputs":[{"name":"q"}]}`,
      400,
      'found "a"',
    ],
    ["an unknown datatype", body.replace("FP32", "FP33"), 400, "FP33"],
    ["broken JSON, which is a 500 of Triton's (triton-server#8762)", body.slice(0, -2), 400, "not JSON"],
    ["a size of -1, which ended old servers (triton-server#3563)", body.replace("[2,2]", "[-1,2]"), 400, "found -1"],
    ["nothing wrong", body, 502, "it broke"],
  ])("fails for %s, and not for its server", async (_title, sent, status, words) => {
    const { url } = await startV2((response) => {
      response.writeHead(500, { "content-type": "application/json" });
      response.end('{"error":"it broke"}');
    });
    const answer = await send("1.1", { url, path, body: sent });
    expect([answer.status, jsonOf(answer)]).toEqual([status, { error: expect.stringContaining(words) }]);
  });

  it("is passed through with more rows than its server accepts, which rejects them", async () => {
    const { url, asked } = await startV2((response) => {
      response.writeHead(400, { "content-type": "application/json" });
      response.end('{"error":"inference request batch-size must be <= 1 for \'theirs\'"}');
    });
    const answer = await send("1.1", { url, path, body });
    expect([answer.status, answer.headers["x-error-reason"], answer.body]).toEqual([
      400,
      "MODEL_REJECTED_INPUT",
      expect.stringContaining("batch-size must be <= 1"),
    ]);
    expect(asked.map((request) => request.body.toString())).toEqual([body]);
  });

  it.each(["[]", "{}", '{"outputs":', "no JSON", '{"model_name":"theirs"}'])(
    "is at fault for an answer %s",
    async (text) => {
      const { url } = await startV2((response) => response.end(text));
      const answer = await send("1.1", { url, path, body });
      expect([answer.status, answer.headers["x-error-reason"]]).toEqual([502, "MODEL_BAD_ANSWER"]);
    },
  );
});

describe("a v2 model over REST behind a caller over gRPC", () => {
  it("gets the request translated, and so does the caller the answer", async () => {
    const { url, asked } = await startV2();
    const client = createClient(GRPCInferenceService, transportOf(ways[0]!, url));
    const answer = await client.modelInfer({
      modelName: name,
      id: "9",
      inputs: [{ name: "x", datatype: "FP32", shape: [1n, 2n], contents: { fp32Contents: [1, 2] } }],
    });
    expect(asked.map(({ body: sent }) => JSON.parse(sent.toString()))).toEqual([
      { id: "9", inputs: [{ name: "x", shape: [1, 2], datatype: "FP32", data: [1, 2] }] },
    ]);
    expect(answer).toMatchObject({
      modelName: name,
      outputs: [
        { name: "p", datatype: "FP32", shape: [2n, 1n], contents: { fp32Contents: [Math.fround(0.1), 2.5] } },
        { name: "q", datatype: "BYTES", contents: { bytesContents: [Uint8Array.of(97), Uint8Array.of(98)] } },
      ],
    });
  });

  it("gets the id of the call where the request has none, as clients over REST send one", async () => {
    const { url, asked } = await startV2();
    const client = createClient(GRPCInferenceService, transportOf(ways[0]!, url));
    const inputs = [{ name: "x", datatype: "FP32", shape: [1n, 2n], contents: { fp32Contents: [1, 2] } }];
    await client.modelInfer({ modelName: name, inputs }, { headers: { "x-request-id": "r-7" } });
    expect(asked.map(({ body: sent }) => JSON.parse(sent.toString()).id)).toEqual(["r-7"]);
  });

  const columns = { name: "x", datatype: "FP64", shape: [2n, 1n], contents: { fp64Contents: [Number.NaN, 2] } };

  it.each([
    ["as blocks where it has them", {}, "application/octet-stream", { parameters: { binary_data_size: 16 } }],
    // KServe's server makes a frame without rows of blocks.
    ["as JSON for a frame", { content_type: "pd" }, "application/json", { data: [null, 2] }],
  ])("gets its tensors %s", async (_title, parameters, type, held) => {
    const { url, asked } = await startV2(answered, ["binary_tensor_data"]);
    const client = createClient(GRPCInferenceService, transportOf(ways[0]!, url));
    await client.modelInfer({
      modelName: name,
      parameters: Object.fromEntries(
        Object.entries(parameters).map(([key, value]) => [
          key,
          { parameterChoice: { case: "stringParam" as const, value } },
        ]),
      ),
      inputs: [columns],
    });
    const [{ headers, body: sent }] = asked as [Asked];
    const jsonBytes = Number(headers["inference-header-content-length"] ?? sent.length);
    expect(headers["content-type"]).toBe(type);
    expect(JSON.parse(sent.subarray(0, jsonBytes).toString()).inputs).toEqual([
      { name: "x", shape: [2, 1], datatype: "FP64", ...held },
    ]);
    expect(sent.subarray(jsonBytes)).toEqual(type === "application/json" ? Buffer.alloc(0) : doubles(Number.NaN, 2));
  });
});

describe("a v2 model over gRPC behind a caller over REST", () => {
  const output = { name: "o", datatype: "FP64", shape: [1] };

  async function startGrpc() {
    // What is started last is closed first: the service is to leave nothing open behind it.
    const port = await freePort();
    const { url } = await startRegistry({
      models: [{ name, model: "theirs", protocol: "grpc-v2", url: `http://127.0.0.1:${port}` }],
    });
    const parameters = { binary_data_size: { int64_param: "8" } };
    const outputs = [{ ...output, parameters }];
    const answer = () => ({ model_name: "theirs", outputs, raw_output_contents: [doubles(7)] });
    const server = await startInferenceServer({ ModelInfer: answer }, "127.0.0.1", port);
    return {
      url,
      asked: () => server.seen.filter(({ method }) => method === "ModelInfer").map(({ request }) => request),
    };
  }

  it("gets blocks as raw contents, and the caller blocks where it asks for them", async () => {
    const { url, asked } = await startGrpc();
    const json = JSON.stringify({
      id: "i",
      parameters: { binary_data_output: true },
      inputs: [{ name: "x", shape: [1, 2], datatype: "FP64", parameters: { binary_data_size: 16 } }],
    });
    const sent = Buffer.concat([Buffer.from(json), doubles(3, 4)]);
    const headers = { "inference-header-content-length": String(json.length) };
    const answer = await send("1.1", { url, path, method: "POST", body: sent as unknown as string, headers });
    expect(asked()).toMatchObject([
      {
        model_name: "theirs",
        id: "i",
        parameters: {},
        inputs: [{ name: "x", shape: ["1", "2"], parameters: {} }],
        raw_input_contents: [doubles(3, 4)],
      },
    ]);
    expect(answer.headers["content-type"]).toBe("application/octet-stream");
    expect(answer.body).toContain('"model_name":"own-name"');
  });

  it("answers a caller of typed contents with such, though Triton never fills them (triton-server#2937)", async () => {
    const { url } = await startGrpc();
    const client = createClient(GRPCInferenceService, transportOf(ways.find((way) => way.name === "grpc/2")!, url));
    const inputs = [{ name: "x", datatype: "FP64", shape: [1n, 1n], contents: { fp64Contents: [3] } }];
    const { outputs, rawOutputContents } = await client.modelInfer({ modelName: name, inputs });
    expect(outputs).toMatchObject([{ name: "o", contents: { fp64Contents: [7] } }]);
    expect(rawOutputContents).toEqual([]);
  });

  it("gets a frame as typed contents, of which KServe's server makes rows", async () => {
    const { url, asked } = await startGrpc();
    const inputs = [{ name: "x", shape: [1, 1], datatype: "FP64", data: [3] }];
    const answer = await send("1.1", {
      url,
      path,
      body: JSON.stringify({ parameters: { content_type: "pd" }, inputs }),
    });
    expect(asked()).toMatchObject([{ inputs: [{ contents: { fp64_contents: [3] } }], raw_input_contents: [] }]);
    expect(jsonOf(answer)).toEqual({ model_name: name, outputs: [{ ...output, data: [7] }] });
  });
});
