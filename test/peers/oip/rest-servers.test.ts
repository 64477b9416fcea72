/** Models on a real MLServer and on a real Triton, called by KServe v1 and v2 through the service. */
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GRPCInferenceService } from "../../../gen/inference/grpc_service_pb.ts";
import { doubles } from "../../support/inference-server.ts";
import type { Background } from "../support/background.ts";
import { startRegistry } from "../support/registry-server.ts";
import { type OipServer, startMlServer, startTriton } from "./servers.ts";

let mlserver: OipServer;
let triton: OipServer;
let registry: Background;

/** Names of models differ here from those on their servers: `m-line` is `line`. */
function entry(server: OipServer, prefix: string, name: string, more: object = {}): object {
  return { name: `${prefix}-${name}`, model: name, type: "predictive", url: server.rest.url, protocol: "v2", ...more };
}

const ageAndCity = [
  { name: "age", type: "number" },
  { name: "city", type: "string" },
];

beforeAll(async () => {
  [mlserver, triton] = await Promise.all([startMlServer(), startTriton()]);
  registry = await startRegistry("oip-registry", [
    entry(mlserver, "m", "line"),
    entry(mlserver, "m", "labels"),
    entry(mlserver, "m", "people", { inputFeatures: ageAndCity }),
    entry(mlserver, "m", "none"),
    { ...entry(mlserver, "n", "line"), protocol: "grpc-v2", url: mlserver.grpcUrl },
    ...["sums", "people", "kinds", "fails"].map((name) => entry(triton, "t", name)),
    { ...entry(triton, "t", "v1"), model: "sums", protocol: "v1" },
    ...["sums", "people"].map((name) => ({ ...entry(triton, "g", name), protocol: "grpc-v2", url: triton.grpcUrl })),
  ]);
});

afterAll(async () => {
  await registry?.stop();
  await mlserver?.rest.stop();
  await triton?.rest.stop();
});

async function predict(name: string, instances: string): Promise<{ status: number; text: string }> {
  const body = `{"instances":${instances}}`;
  const response = await fetch(`${registry.url}/v1/models/${name}:predict`, { method: "POST", body });
  return { status: response.status, text: await response.text() };
}

describe("predictions by KServe v1", () => {
  it.each<[string, string, string]>([
    ["m-labels", "[[0],[10]]", "[0,1]"],
    ["m-people", '[[41,"Bonn"],{"city":"Ulm","age":1}]', "[45,4]"],
    ["t-sums", "[[1,2],[3,4]]", "[3,7]"],
    [
      "t-people",
      '[{"age":41,"city":"Köln"},{"city":"Ulm","age":1}]',
      '[{"shout":"KÖLN","total":45},{"shout":"ULM","total":4}]',
    ],
  ])("%s of %s is %s", async (name, instances, expected) => {
    const { text } = await predict(name, instances);
    expect(JSON.parse(text)).toMatchObject({ predictions: JSON.parse(expected) });
  });

  it("of scikit-learn on MLServer, a value for each row", async () => {
    const { predictions } = JSON.parse((await predict("m-line", "[[1,2],[0.5,0.5]]")).text) as {
      predictions: number[];
    };
    expect(predictions.map((value) => Math.round(value * 1e6) / 1e6)).toEqual([5, 1.5]);
  });

  it.each(["t", "g"])("of more rows than Triton takes at a time come of several requests (%s)", async (prefix) => {
    const numbers = Array.from({ length: 150 }, (_, i) => [i, 0.5]);
    expect(JSON.parse((await predict(`${prefix}-sums`, JSON.stringify(numbers))).text).predictions).toEqual(
      numbers.map(([i]) => i! + 0.5),
    );
    const people = numbers.map(([age]) => ({ age, city: "x".repeat(1 + (age! % 3)) }));
    expect(JSON.parse((await predict(`${prefix}-people`, JSON.stringify(people))).text).predictions).toEqual(
      people.map(({ age, city }) => ({ shout: city.toUpperCase(), total: age! + city.length })),
    );
  });

  it("keep every digit of integers beyond 2^53", async () => {
    expect((await predict("t-people", '[[9007199254740990,"Ulm"]]')).text).toContain('"total":9007199254740993');
  });

  it("keep booleans, halves, and the numbers of Triton that are not finite", async () => {
    const { text } = await predict("t-kinds", "[[true,3,0],[false,-0.5,1],[true,0,-1]]");
    const { predictions } = JSON.parse(text.replaceAll(/NaN|-?Infinity/g, '"$&"')) as { predictions: object[] };
    expect(predictions).toEqual([
      { off: false, half: 1.5, odd: "NaN" },
      { off: true, half: -0.25, odd: "Infinity" },
      { off: false, half: 0, odd: "-Infinity" },
    ]);
  });

  it.each<[string, string, number, string]>([
    [
      "t-sums",
      "[[1,2,3]]",
      400,
      "the rows make a tensor of the shape [1, 3], but the input x of the model takes [-1, 2]",
    ],
    ["t-people", '[{"age":1.5,"city":"Ulm"}]', 400, "instances[0].age: expected an integer"],
    ["t-kinds", "[[1,1,1]]", 400, "instances[0].on: expected true or false"],
    ["t-fails", "[[1]]", 502, "the model has no data"],
    ["m-none", "[[1]]", 502, "none"],
  ])("%s of %s is refused with %i", async (name, instances, status, words) => {
    const answer = await predict(name, instances);
    expect(answer).toMatchObject({ status, text: expect.stringContaining(words) });
    expect(answer.text).not.toContain(".py");
  });
});

describe("inference requests by v2", () => {
  const values = [1, 2, 0.5, 0.5];
  const rounded = (numbers: Iterable<number>): number[] => [...numbers].map((n) => Math.round(n * 1e6) / 1e6);
  const post = async (name: string, body: Buffer, headers: Record<string, string> = {}) => {
    const response = await fetch(`${registry.url}/v2/models/${name}/infer`, { method: "POST", body, headers });
    expect(response.status).toBe(200);
    return { response, bytes: Buffer.from(await response.arrayBuffer()) };
  };

  const callers: Readonly<Record<string, (name: string, input: string) => Promise<number[]>>> = {
    async "REST, JSON"(name, input) {
      const inputs = [{ name: input, datatype: "FP64", shape: [2, 2], data: values }];
      const { bytes } = await post(name, Buffer.from(JSON.stringify({ inputs })));
      return JSON.parse(bytes.toString()).outputs[0].data.flat();
    },
    async "REST, binary"(name, input) {
      const size = { binary_data_size: 32 };
      const inputs = [{ name: input, datatype: "FP64", shape: [2, 2], parameters: size }];
      const json = Buffer.from(JSON.stringify({ inputs, parameters: { binary_data_output: true } }));
      const { response, bytes } = await post(name, Buffer.concat([json, doubles(...values)]), {
        "inference-header-content-length": String(json.length),
      });
      const jsonBytes = Number(response.headers.get("inference-header-content-length"));
      // MLServer answers JSON over REST, whatever it is asked for.
      if (jsonBytes === 0) return JSON.parse(bytes.toString()).outputs[0].data.flat();
      return [...new Float64Array(new Uint8Array(bytes.subarray(jsonBytes)).buffer)];
    },
    async "gRPC, raw"(name, input) {
      const client = createClient(GRPCInferenceService, createGrpcTransport({ baseUrl: registry.url }));
      const { outputs, rawOutputContents } = await client.modelInfer({
        modelName: name,
        inputs: [{ name: input, datatype: "FP64", shape: [2n, 2n] }],
        rawInputContents: [doubles(...values)],
      });
      expect(outputs[0]!.datatype).toBe("FP64");
      return [...new Float64Array(new Uint8Array(rawOutputContents[0]!).buffer)];
    },
  };

  it.each([
    ["t-sums", "x", [3, 1]],
    ["g-sums", "x", [3, 1]],
    ["m-line", "x", [5, 1.5]],
    ["n-line", "x", [5, 1.5]],
  ])("reach %s, passed on and translated", async (name, input, expected) => {
    for (const [caller, ask] of Object.entries(callers)) {
      expect([caller, rounded(await ask(name, input))]).toEqual([caller, expected]);
    }
  });
});

describe("readiness", () => {
  const stateOf = async (name: string): Promise<object> =>
    (await fetch(`${registry.url}/api/v1/models/${name}`)).json() as Promise<object>;

  it.each(["m-line", "t-sums"])("finds %s ready", async (name) => {
    await expect.poll(() => stateOf(name), { timeout: 15_000 }).toMatchObject({ state: "ready", protocol: "v2" });
  });

  it("finds an entry of v1 whose server is Triton", async () => {
    await expect
      .poll(() => stateOf("t-v1"), { timeout: 15_000 })
      .toMatchObject({ state: "not-ready", stateReason: expect.stringContaining("set protocol: v2") });
  });
});
