import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { createClient } from "@connectrpc/connect";
import { describe, expect, it, onTestFinished } from "vitest";
import { GRPCInferenceService } from "../../gen/inference/grpc_service_pb.ts";
import { jsonOf, send } from "../support/http-client.ts";
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

/** A server of the Open Inference Protocol over REST that answers as it is told. */
async function startV2(reply: Reply = answered) {
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
      else json({ name: "test", version: "1", extensions: [] });
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

  it("is filtered to what is asked for, whatever its server makes of that", async () => {
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

  it("is asked for the version that the caller names, over REST and over gRPC", async () => {
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
    ["an unknown datatype", body.replace("FP32", "FP33"), 400, "FP33"],
    ["broken JSON", body.slice(0, -2), 400, "not JSON"],
    ["nothing wrong", body, 502, "it broke"],
  ])("fails for %s, and not for its server", async (_title, sent, status, words) => {
    const { url } = await startV2((response) => {
      response.writeHead(500, { "content-type": "application/json" });
      response.end('{"error":"it broke"}');
    });
    const answer = await send("1.1", { url, path, body: sent });
    expect([answer.status, jsonOf(answer)]).toEqual([status, { error: expect.stringContaining(words) }]);
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
    expect(asked).toHaveLength(1);
    expect(answer).toMatchObject({
      modelName: name,
      outputs: [
        { name: "p", datatype: "FP32", shape: [2n, 1n], contents: { fp32Contents: [Math.fround(0.1), 2.5] } },
        { name: "q", datatype: "BYTES", contents: { bytesContents: [Uint8Array.of(97), Uint8Array.of(98)] } },
      ],
    });
  });
});
