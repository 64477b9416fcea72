import { Code, createClient } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { GRPCInferenceService } from "../../gen/inference/grpc_service_pb.ts";
import { errorOf } from "../support/error-details.ts";
import { answer, predict } from "../support/fake-upstream.ts";
import { envelopedFormats, sendRpc } from "../support/raw-rpc.ts";
import { model, namespace, startRegistry } from "../support/running-service.ts";
import { transportOf, ways } from "../support/ways.ts";

const rpcWays = ways.filter(({ get }) => !get);
const paths = ["on", "off"] as const;
const cases = rpcWays.flatMap((way) => paths.map((fastPath) => ({ ...way, way, fastPath })));

const typed = {
  modelName: model,
  id: "7",
  inputs: [{ name: "x", datatype: "INT32", shape: [2n, 1n], contents: { intContents: [1, -2] } }],
};
const raw = {
  modelName: model,
  inputs: [{ name: "x", datatype: "FP32", shape: [2n, 1n] }],
  rawInputContents: [new Uint8Array(Float32Array.of(1, 2).buffer)],
};

it.each([
  ["RepositoryModelLoad", "whose fields differ from server to server"],
  ["RepositoryModelUnload", "whose fields differ from server to server"],
  ["ModelStreamInfer", "whose answers differ from server to server"],
])("%s, %s, is not offered", async (method) => {
  const { url } = await startRegistry();
  for (const format of envelopedFormats) {
    const path = `/inference.GRPCInferenceService/${method}`;
    expect(await sendRpc(format, { url, path, body: Buffer.alloc(5) })).toMatchObject({ code: "Unimplemented" });
  }
});

describe.each(cases)("GRPCInferenceService over $name, fast path $fastPath", ({ way, fastPath }) => {
  const start = async (models?: Parameters<typeof startRegistry>[0]) => {
    const service = await startRegistry({ ...models, env: { FAST_PATH: fastPath } });
    return { ...service, client: createClient(GRPCInferenceService, transportOf(way, service.url)) };
  };

  it("answers typed contents with typed ones, and raw contents with raw ones", async () => {
    const { client, upstream } = await start();
    const answered = await client.modelInfer(typed);
    expect(upstream.predictions[0]?.body.toString()).toBe('{"instances":[[1],[-2]]}');
    expect(answered).toMatchObject({ modelName: model, id: "7", rawOutputContents: [] });
    expect(answered.outputs).toMatchObject([
      { name: "output-0", datatype: "FP64", shape: [2n], contents: { fp64Contents: [0, 1] } },
    ]);
    const rawAnswer = await client.modelInfer(raw);
    expect(upstream.predictions[1]?.body.toString()).toBe('{"instances":[[1.0],[2.0]]}');
    expect(rawAnswer.outputs[0]?.contents).toBeUndefined();
    expect([...new Float64Array(rawAnswer.rawOutputContents[0]!.slice().buffer)]).toEqual([0, 1]);
  });

  it("returns the requested outputs, in the requested order", async () => {
    const { client, upstream } = await start();
    upstream.onPredict(
      model,
      predict([
        { a: "x", b: true },
        { a: "y", b: false },
      ]),
    );
    const { outputs } = await client.modelInfer({ ...typed, outputs: [{ name: "b" }, { name: "a" }] });
    expect(outputs).toMatchObject([
      { name: "b", datatype: "BOOL", contents: { boolContents: [true, false] } },
      { name: "a", datatype: "BYTES", contents: { bytesContents: [Uint8Array.of(120), Uint8Array.of(121)] } },
    ]);
  });

  it.each([
    ["an unknown model", { ...typed, modelName: "none" }, Code.NotFound, "none"],
    ["a name that no model can have", { ...typed, modelName: "Echo" }, Code.NotFound, "name"],
    ["an unknown version", { ...typed, modelVersion: "3" }, Code.NotFound, "has no version 3"],
    ["no inputs", { modelName: model }, Code.InvalidArgument, "inputs: is empty"],
    [
      "a shape that lies",
      { ...raw, inputs: [{ ...raw.inputs[0]!, shape: [3n, 1n] }] },
      Code.InvalidArgument,
      "has 8 bytes",
    ],
    ["a negative size", { ...raw, inputs: [{ ...raw.inputs[0]!, shape: [-1n] }] }, Code.InvalidArgument, "found -1"],
    ["an unknown output", { ...typed, outputs: [{ name: "z" }] }, Code.InvalidArgument, 'no output "z"'],
  ])("refuses %s", async (_title, request, code, words) => {
    const { client } = await start();
    const error = await errorOf(client.modelInfer(request));
    expect([error.code, error.rawMessage]).toEqual([code, expect.stringContaining(words)]);
  });

  it("finds a model of another namespace by metadata", async () => {
    const { client, upstream } = await start({
      models: [{ name: model }, { name: model, namespace: "team-b", model: "of-b" }],
    });
    for (const [headers, path] of [
      [{}, model],
      [{ namespace }, model],
      [{ namespace: "team-b" }, "of-b"],
    ] as const) {
      await client.modelInfer(typed, { headers });
      expect(upstream.predictions.at(-1)?.path).toBe(`/v1/models/${path}:predict`);
    }
    expect((await errorOf(client.modelInfer(typed, { headers: { namespace: "none" } }))).code).toBe(Code.NotFound);
  });

  it("describes the server and of its models", async () => {
    const { client, upstream } = await start({
      models: [{ name: model, inputFeatures: ["a", "b"] }, { name: "other" }],
    });
    upstream.onReadiness("other", answer(200, { name: "other", ready: false }));
    expect(await client.serverLive({})).toMatchObject({ live: true });
    expect(await client.serverReady({})).toMatchObject({ ready: true });
    expect(await client.serverMetadata({})).toMatchObject({ name: "kserve-model-registry" });
    expect(await client.modelReady({ name: model })).toMatchObject({ ready: true });
    expect(await client.modelReady({ name: "other" })).toMatchObject({ ready: false });
    expect((await errorOf(client.modelReady({ name: "none" }))).code).toBe(Code.NotFound);
    expect((await errorOf(client.modelReady({ name: model, version: "1" }))).code).toBe(Code.NotFound);
    expect(await client.modelMetadata({ name: model })).toMatchObject({
      name: model,
      inputs: [{ name: "input-0", datatype: "FP64", shape: [-1n, 2n] }],
    });
    const { models } = await client.repositoryIndex({});
    expect(models).toMatchObject([
      { name: model, state: "READY", reason: "" },
      { name: "other", state: "UNAVAILABLE" },
    ]);
    expect((await client.repositoryIndex({ ready: true })).models).toHaveLength(1);
  });
});
