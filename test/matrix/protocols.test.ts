/** Every kind of caller, against a model behind each protocol, through success and each way in which a server fails. */
import { createServer } from "node:http";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { describe, expect, it, onTestFinished } from "vitest";
import { GRPCInferenceService } from "../../gen/inference/grpc_service_pb.ts";
import { TensorSchema } from "../../gen/kserve/registry/v1/prediction_pb.ts";
import type { ModelProtocol } from "../../src/registry/model.ts";
import { freePort } from "../peers/support/background.ts";
import { bodyOf, clientOf, rows } from "../support/clients.ts";
import { answer } from "../support/fake-upstream.ts";
import { send } from "../support/http-client.ts";
import { doubles, GrpcFault, type Message, startInferenceServer } from "../support/inference-server.ts";
import { model, startRegistry } from "../support/running-service.ts";
import { ways } from "../support/ways.ts";

/** What a caller gets in the end: a number for its row, or the code or status of a failure. */
type Outcome = { readonly prediction: number } | { readonly code: Code } | { readonly status: number };

interface Caller {
  readonly name: string;
  /** Whether a server of the same protocol gets and gives bytes that nobody looks at. */
  readonly passes: boolean;
  readonly ask: (url: string) => Promise<Outcome>;
}

const registry = (url: string) => clientOf(ways.find(({ name }) => name === "grpc/2")!, url);
const codeOf = (error: unknown): Outcome => ({ code: ConnectError.from(error).code });

const restInputs = { inputs: [{ name: "x", datatype: "FP64", shape: [1, 2], data: [1, 2] }] };

async function askRest(url: string, path: string, body: string | Buffer, headers: Record<string, string> = {}) {
  const response = await send("1.1", { url, path, method: "POST", body: body as string, headers });
  if (response.status !== 200) return { status: response.status };
  const { predictions, outputs } = JSON.parse(response.body);
  return { prediction: Number((predictions ?? outputs[0].data)[0]) };
}

function binaryRequest(): { readonly body: Buffer; readonly headers: Record<string, string> } {
  const head = JSON.stringify({
    inputs: [{ name: "x", datatype: "FP64", shape: [1, 2], parameters: { binary_data_size: 16 } }],
  });
  return {
    body: Buffer.concat([Buffer.from(head), doubles(1, 2)]),
    headers: { "inference-header-content-length": String(head.length), "content-type": "application/octet-stream" },
  };
}

const callers: readonly Caller[] = [
  {
    name: "gRPC, instances",
    passes: false,
    ask: async (url) => {
      const { output } = await registry(url).predict(rows(model, [1, 2]));
      if (output.case !== "predictions" || output.value.kind.case !== "listValue") throw new Error("no predictions");
      return { prediction: Number(output.value.kind.value.values[0]!.kind.value) };
    },
  },
  {
    name: "gRPC, a tensor",
    passes: false,
    ask: async (url) => {
      const value = create(TensorSchema, { shape: [1, 2], values: [1, 2] });
      const { output } = await registry(url).predict({ name: model, input: { case: "tensor", value } });
      if (output.case !== "tensor") throw new Error("no tensor");
      return { prediction: output.value.values[0]! };
    },
  },
  {
    name: "gRPC, a body",
    passes: false,
    ask: async (url) => {
      const { output } = await registry(url).predict(bodyOf(model, '{"instances":[[1,2]]}'));
      if (output.case !== "body") throw new Error("no body");
      return { prediction: JSON.parse(Buffer.from(output.value).toString()).predictions[0] };
    },
  },
  {
    name: "v1 REST",
    passes: false,
    ask: (url) => askRest(url, `/v1/models/${model}:predict`, '{"instances":[[1,2]]}'),
  },
  {
    name: "v2 REST",
    passes: true,
    ask: (url) => askRest(url, `/v2/models/${model}/infer`, JSON.stringify(restInputs)),
  },
  {
    name: "v2 REST, binary",
    passes: true,
    ask: (url) => {
      const { body, headers } = binaryRequest();
      return askRest(url, `/v2/models/${model}/infer`, body, headers);
    },
  },
  {
    name: "v2 gRPC",
    passes: true,
    ask: async (url) => {
      const client = createClient(GRPCInferenceService, createGrpcTransport({ baseUrl: url }));
      const { outputs, rawOutputContents } = await client.modelInfer({
        modelName: model,
        inputs: [{ name: "x", datatype: "FP64", shape: [1n, 2n] }],
        rawInputContents: [doubles(1, 2)],
      });
      expect(outputs).toMatchObject([{ datatype: "FP64", shape: [1n] }]);
      return { prediction: Buffer.from(rawOutputContents[0]!).readDoubleLE(0) };
    },
  },
];

/** What a server does: the same thing in the words of each protocol, and what comes of it. */
interface Behaviour {
  readonly name: string;
  /** The status and body of REST; `predictions` of v1 become `outputs` of v2. */
  readonly rest: readonly [status: number, body: object];
  readonly grpc: () => Message;
  readonly code?: Code;
  readonly status?: number;
}

const fault = (code: ConstructorParameters<typeof GrpcFault>[0], words: string) => (): Message => {
  throw new GrpcFault(code, words);
};

const output = { name: "o", datatype: "FP64", shape: [1] };
const answered: Behaviour = {
  name: "answers",
  rest: [200, { predictions: [3.5], model_name: "m", outputs: [{ ...output, data: [3.5] }] }],
  grpc: () => ({ model_name: "m", outputs: [output], raw_output_contents: [doubles(3.5)] }),
};
const failing: readonly Behaviour[] = [
  ["refuses the input", 400, "INVALID_ARGUMENT", Code.InvalidArgument, 400],
  ["refuses the credentials", 401, "UNAUTHENTICATED", Code.Internal, 502],
  ["does not know the model", 404, "NOT_FOUND", Code.FailedPrecondition, 502],
  ["asks to slow down", 429, "RESOURCE_EXHAUSTED", Code.ResourceExhausted, 429],
  ["fails", 500, "INTERNAL", Code.Internal, 502],
  ["is not ready", 503, "UNAVAILABLE", Code.Unavailable, 503],
  ["is late", 504, "DEADLINE_EXCEEDED", Code.DeadlineExceeded, 504],
].map(([name, restStatus, grpcCode, code, status]) => ({
  name: name as string,
  rest: [restStatus as number, { error: "said by the model" }],
  grpc: fault(grpcCode as "INTERNAL", "said by the model"),
  code: code as Code,
  status: status as number,
}));
const noPrediction: Behaviour = {
  name: "answers something else",
  rest: [200, { something: "else" }],
  grpc: () => ({ model_name: "m" }),
  code: Code.Internal,
  status: 502,
};

/** A server of the Open Inference Protocol over REST, closed after the test. */
async function startRestServer([status, body]: Behaviour["rest"], port: number): Promise<void> {
  const server = createServer((request, response) => {
    const known: Record<string, object> = { "/v2": { name: "kserve", version: "0.21.0", extensions: [] } };
    request.resume();
    request.on("end", () => {
      const infers = request.url!.endsWith("/infer");
      response.writeHead(infers ? status : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(infers ? body : (known[request.url!] ?? { name: model, inputs: [], outputs: [] })));
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
}

const described = { ServerMetadata: () => ({ name: "kserve" }), ModelMetadata: () => ({ name: model }) };

/** A service in front of one model that is spoken to by a protocol, and behaves. */
async function start(protocol: ModelProtocol, behaviour: Behaviour): Promise<string> {
  if (protocol === "v1") {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, answer(...behaviour.rest));
    return url;
  }
  // What is started last is closed first: the service is to leave nothing open behind it.
  const port = await freePort();
  const { url } = await startRegistry({ models: [{ name: model, url: `http://127.0.0.1:${port}`, protocol }] });
  if (protocol === "v2") await startRestServer(behaviour.rest, port);
  else await startInferenceServer({ ...described, ModelInfer: behaviour.grpc }, "127.0.0.1", port);
  return url;
}

const protocols = ["v1", "v2", "grpc-v2"] as const satisfies readonly ModelProtocol[];

/** What every caller gets of one service, by the name of the caller. */
async function outcomesOf(url: string, asking: readonly Caller[]): Promise<Record<string, Outcome>> {
  const outcomes = asking.map(async ({ name, ask }) => [name, await ask(url).catch(codeOf)] as const);
  return Object.fromEntries(await Promise.all(outcomes));
}

/** The failure of a behaviour as each caller sees it. */
function failureFor(asking: readonly Caller[], code: Code | undefined, status: number | undefined): object {
  return Object.fromEntries(asking.map(({ name }) => [name, name.includes("REST") ? { status } : { code }]));
}

describe.each(protocols)("every caller of a model of protocol %s", (protocol) => {
  it("gets the same prediction", async () => {
    const outcomes = await outcomesOf(await start(protocol, answered), callers);
    expect(outcomes).toEqual(Object.fromEntries(callers.map(({ name }) => [name, { prediction: 3.5 }])));
  });

  it.each(failing)("gets the same failure where it $name", async (behaviour) => {
    const outcomes = await outcomesOf(await start(protocol, behaviour), callers);
    expect(outcomes).toEqual(failureFor(callers, behaviour.code, behaviour.status));
  });

  it("gets the same failure where it answers something else, unless the answer is passed on as it is", async () => {
    const asking = callers.filter(({ passes }) => protocol === "v1" || !passes);
    const outcomes = await outcomesOf(await start(protocol, noPrediction), asking);
    expect(outcomes).toEqual(failureFor(asking, noPrediction.code, noPrediction.status));
  });

  it("gets the same failure where it cannot be reached", async () => {
    const { url } = await startRegistry({ models: [{ name: model, url: "http://127.0.0.1:1", protocol }] });
    expect(await outcomesOf(url, callers)).toEqual(failureFor(callers, Code.Unavailable, 503));
  });
});
