import { request as http1Request } from "node:http";
import { type CallOptions, Code, ConnectError, createClient } from "@connectrpc/connect";
import { Health } from "../../../gen/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "../../../gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionAlpha } from "../../../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { GRPCInferenceService } from "../../../gen/inference/grpc_service_pb.ts";
import { contractNames } from "../../../src/contract/contract-names.ts";
import { clientOf, rows } from "../../support/clients.ts";
import { frame } from "../../support/frame.ts";
import { type HttpVersion, httpVersions, type PlainRequest, send } from "../../support/http-client.ts";
import { sendRpc, wireFormats } from "../../support/raw-rpc.ts";
import { transportOf, type Way, ways } from "../../support/ways.ts";

/** A call of one surface. */
export interface SurfaceCall {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The model that it names. */
  readonly model: string;
}

/** One way to ask for something. */
export interface Surface {
  readonly title: string;
  /** `Ok`, `Unauthenticated`, `PermissionDenied`, ... or `HTTP 404`. With what was found, where it lists: `Ok a,b`. */
  readonly call: (call: SurfaceCall) => Promise<string>;
}

const instances = '{"instances":[[1]]}';
/** The same as a tensor. */
const oneTensor = '{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP64","data":[1]}]}';
/** What the typed service of the models takes. */
const typedRow = '{"instances":[{"cpu":1}]}';

/** Every way to ask for one model by its name. */
export const modelSurfaces: readonly Surface[] = [
  ...httpVersions.flatMap((version) => [
    rest(version, (model) => ({ path: `/api/v1/models/${model}` })),
    rest(version, (model) => ({ path: `/api/v1/models/${model}`, method: "HEAD" })),
    rest(version, (model) => ({ path: `/api/v1/models/${model}?` })),
    rest(version, (model) => ({ path: `/api/v1/models/${model}/contract` })),
    rest(version, (model) => ({ path: `/api/v1/models/${model}/predict`, body: instances })),
    rest(version, (model) => ({ path: `/api/v1/models/${model}/evaluate`, body: instances })),
    rest(version, (model) => ({ path: `/v1/models/${model}` })),
    rest(version, (model) => ({ path: `/v2/models/${model}` })),
    rest(version, (model) => ({ path: `/v2/models/${model}/ready` })),
    rest(version, (model) => ({ path: `/v2/models/${model}/infer`, body: oneTensor })),
    rest(version, (model) => ({ path: `/v1/models/${model}:predict`, body: instances })),
    rest(version, (model) => ({ path: `/v1/models/${model}%3Apredict`, body: instances })),
    rest(version, (model) => ({ path: `/v1/models/${model}%3apredict`, body: instances })),
    rest(version, (model) => ({ path: `/v1/models/${escaped(model)}:predict`, body: instances })),
    rest(version, (model) => ({ path: `/api/v1/models/${escaped(model)}` })),
    rest(version, (model) => ({
      path: `/${contractNames(model).service}/Predict`,
      body: typedRow,
      headers: { "content-type": "application/json" },
    })),
  ]),
  rest("1.1", (model) => ({ path: `http://elsewhere.example/v1/models/${model}:predict`, body: instances })),
  rest("1.1", (model) => ({ path: `HTTPS://elsewhere.example/api/v1/models/${model}` })),
  ...ways.flatMap((way) => [
    rpc(way, "GetModel", ({ url, model }, options) => clientOf(way, url).getModel({ name: model }, options)),
    ...(way.get ? [] : predictSurfaces(way)),
  ]),
  ...wireFormats
    .filter(({ contentType }) => contentType !== "application/json")
    .map(
      (format): Surface => ({
        title: `typed Predict over ${format.name}`,
        async call({ url, headers, model }) {
          // instances { cpu: 1 }
          const message = Buffer.from("0a09090000000000" + "00f03f", "hex");
          const body = format.protocol === "connect" ? message : frame(message);
          const path = `/${contractNames(model).service}/Predict`;
          return (await sendRpc(format, { url, path, body, headers })).code.replace(/^ok$/, "Ok");
        },
      }),
    ),
  rpc(ways[0]!, "health Check", ({ url, model }, options) =>
    createClient(Health, transportOf(ways[0]!, url)).check({ service: model }, options),
  ),
  rpc(ways[0]!, "health Watch", ({ url, model }, options) =>
    first(createClient(Health, transportOf(ways[0]!, url)).watch({ service: model }, options)),
  ),
];

function predictSurfaces(way: Way): Surface[] {
  return [
    rpc(way, "Predict", ({ url, model }, options) => clientOf(way, url).predict(rows(model, [1]), options)),
    rpc(way, "Predict, validate only", ({ url, model }, options) =>
      clientOf(way, url).predict({ ...rows(model, [1]), validateOnly: true }, options),
    ),
    // A deadline of another form than the fast path takes.
    rpc(way, "Predict with parameters", ({ url, model }, options) =>
      clientOf(way, url).predict({ ...rows(model, [1]), parameters: { a: 1 } }, options),
    ),
    rpc(way, "EvaluateModel", ({ url, model }, options) => clientOf(way, url).evaluateModel(rows(model, [1]), options)),
    ...inferenceSurfaces(way),
    rpc(way, "ExamineModel", ({ url, model }, options) =>
      toItsEnd(clientOf(way, url).examineModel({ name: model }, options)),
    ),
  ];
}

/** What the Open Inference Protocol asks of one model. */
function inferenceSurfaces(way: Way): Surface[] {
  const inference = (url: string) => createClient(GRPCInferenceService, transportOf(way, url));
  const [tensor] = (JSON.parse(oneTensor) as { inputs: [{ name: string; datatype: string }] }).inputs;
  const inputs = [{ ...tensor, shape: [1n, 1n], contents: { fp64Contents: [1] } }];
  const raw = [{ ...tensor, shape: [1n, 1n] }];
  return [
    rpc(way, "ModelReady", ({ url, model }, options) => inference(url).modelReady({ name: model }, options)),
    rpc(way, "ModelMetadata", ({ url, model }, options) => inference(url).modelMetadata({ name: model }, options)),
    rpc(way, "ModelInfer", ({ url, model }, options) =>
      inference(url).modelInfer({ modelName: model, inputs }, options),
    ),
    rpc(way, "ModelInfer, raw", ({ url, model }, options) =>
      inference(url).modelInfer({ modelName: model, inputs: raw, rawInputContents: [new Uint8Array(8)] }, options),
    ),
  ];
}

/** Every way to ask which models there are. They answer with names. */
export const listSurfaces: readonly Surface[] = [
  ...httpVersions.flatMap((version) => [
    rest(version, () => ({ path: "/api/v1/models" }), namesOf),
    rest(version, () => ({ path: "/api/v1/models?pageSize=10" }), namesOf),
    rest(version, () => ({ path: "/v1/models" }), namesOf),
    rest(version, () => ({ path: "/v2/models" }), namesOf),
    rest(version, () => ({ path: "/api/v1/triggers/evaluate", body: '{"always":true}' }), namesOf),
  ]),
  { title: "GET /api/v1/models?watch=true", call: watchEvents },
  ...ways.flatMap((way) => [
    rpc(way, "ListModels", async ({ url }, options) => {
      const { models, totalSize } = await clientOf(way, url).listModels({}, options);
      return names(models, totalSize);
    }),
    ...(way.get
      ? []
      : [
          rpc(way, "EvaluateTriggers", async ({ url }, options) => {
            const { models } = await clientOf(way, url).evaluateTriggers({ samples: { always: true } }, options);
            return names(models.map(({ modelName }) => ({ name: modelName })));
          }),
          rpc(way, "RepositoryIndex", async ({ url }, options) => {
            const { models } = await createClient(GRPCInferenceService, transportOf(way, url)).repositoryIndex(
              {},
              options,
            );
            return names(models);
          }),
          rpc(way, "WatchModels", async ({ url }, options) => {
            const found: { name: string }[] = [];
            for await (const { model, resumeToken } of clientOf(way, url).watchModels({}, options)) {
              if (model !== undefined) found.push(model);
              if (resumeToken !== "") break;
            }
            return names(found);
          }),
        ]),
  ]),
  ...[ServerReflection, ServerReflectionAlpha].map((service) =>
    rpc(ways[0]!, service.typeName, async ({ url }, options) => {
      const client = createClient(service as typeof ServerReflection, transportOf(ways[0]!, url));
      const asked = async function* () {
        yield { messageRequest: { case: "listServices" as const, value: "" } };
      };
      const { messageResponse } = await first(client.serverReflectionInfo(asked(), options));
      if (messageResponse.case !== "listServicesResponse") throw new Error(messageResponse.case);
      return names(
        messageResponse.value.service.flatMap(({ name }) => {
          const model = /^kserve\.models\.([a-z_]+)\./.exec(name)?.[1];
          return model === undefined ? [] : [{ name: model.replaceAll("_", "-") }];
        }),
      );
    }),
  ),
];

/** What is refused to anonymous callers although it says nothing of models, and what is not there or is written in another way. */
export const otherSurfaces: readonly (Surface & { readonly known: string })[] = [
  ...httpVersions.flatMap((version) => [
    { ...rest(version, () => ({ path: "/openapi.json" })), known: "Ok" },
    ...[
      (model: string) => `//v1/models/${model}:predict`,
      (model: string) => `/v1//models/${model}:predict`,
      (model: string) => `/V1/MODELS/${model}:PREDICT`,
      (model: string) => `/v1/models/x/../${model}:predict`,
      (model: string) => `/v1/models/${model};a=b:predict/x`,
      (model: string) => `/v1%2Fmodels/${model}:predict`,
      () => "/no/such/path",
      () => "//livez",
      () => "/LIVEZ",
      () => "/livez%2f..%2fv1/models",
      () => "/livez/../api/v1/models",
      () => "/x.Y/Z",
      () => "/grpc.health.v1.Health/check",
    ].map((path) => ({
      ...rest(version, (model) => ({ path: path(model), body: instances })),
      known: "HTTP 404",
    })),
    { ...rest(version, () => ({ path: "/v1/models", method: "OPTIONS" })), known: "HTTP 405" },
    { ...rest(version, () => ({ path: "/v1/models", method: "DELETE" })), known: "HTTP 405" },
    // Decoded once, this is a name.
    {
      ...rest(version, (model) => ({ path: `/v1/models/${model}%253Apredict`, body: instances })),
      known: "HTTP 405",
    },
    { ...rest(version, (model) => ({ path: `/api/v1/models/${model}?x=1` })), known: "HTTP 400" },
    // What KServe servers and probers pass over.
    { ...rest(version, (model) => ({ path: `/v1/models/${model}?x=1` })), known: "Ok" },
    { ...rest(version, (model) => ({ path: `/v1/models/${model}:predict/`, body: instances })), known: "Ok" },
    { ...rest(version, () => ({ path: "/livez/", method: "POST" })), known: "HTTP 405" },
    { ...rest(version, () => ({ path: "/metrics/?x=1" })), known: "Ok" },
  ]),
  ...wireFormats
    .filter(({ protocol }) => protocol !== "connect")
    .map((format) => ({
      title: `an unknown RPC over ${format.name}`,
      call: async ({ url, headers }: SurfaceCall) =>
        (await sendRpc(format, { url, path: "/x.Y/Z", body: frame(Buffer.alloc(0)), headers })).code,
      known: "Unimplemented",
    })),
  { title: "the path of a gRPC call over HTTP/1.1", call: grpcOverHttp1, known: "HTTP 200" },
];

/** gRPC's own content type over HTTP/1.1, which gRPC has no use for. */
function grpcOverHttp1({ url, headers, model }: SurfaceCall): Promise<string> {
  const name = Buffer.from(model);
  const message = Buffer.concat([Buffer.from([0x0a, name.length]), name]);
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const path = "/kserve.registry.v1.ModelRegistry/GetModel";
    const all = { "content-type": "application/grpc", te: "trailers", ...headers };
    const call = http1Request({ hostname, port, path, method: "POST", headers: all, agent: false }, (response) => {
      response.resume().on("end", () => {
        const status = response.headers["grpc-status"];
        resolve(status === undefined ? `HTTP ${response.statusCode}` : Code[Number(status)]!);
      });
    });
    call.on("error", reject);
    call.end(frame(message));
  });
}

/** The models that the watch of server-sent events begins with. */
function watchEvents({ url, headers }: SurfaceCall): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const path = "/api/v1/models?watch=true";
    const call = http1Request({ hostname, port, path, headers, agent: false }, (response) => {
      const status = response.statusCode ?? 0;
      let seen = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        seen += text;
        if (status !== 200 || !seen.includes("event: synced")) return;
        call.destroy();
        resolve(names([...seen.matchAll(/"model":\{"name":"([^"]+)"/g)].map(([, name]) => ({ name: name! }))));
      });
      response.on("end", () => resolve(words[status] ?? `HTTP ${status}`));
      response.on("error", () => {});
    });
    call.on("error", reject);
    call.end();
  });
}

const words: Readonly<Record<number, string>> = { 401: "Unauthenticated", 403: "PermissionDenied", 503: "Unavailable" };

function rest(
  version: HttpVersion,
  request: (model: string) => Omit<PlainRequest, "url">,
  found: (body: string) => string = () => "Ok",
): Surface {
  const { method, path, body } = request("NAME");
  return {
    title: `${method ?? (body === undefined ? "GET" : "POST")} ${path} over HTTP/${version}`,
    async call({ url, headers, model }) {
      const asked = request(model);
      const answer = await send(version, { ...asked, url, headers: { ...asked.headers, ...headers } });
      if (answer.status === 401 && answer.headers["www-authenticate"] === undefined) return "no challenge";
      return answer.status === 200 ? found(answer.body) : (words[answer.status] ?? `HTTP ${answer.status}`);
    },
  };
}

function rpc(way: Way, title: string, call: (call: SurfaceCall, options: CallOptions) => Promise<unknown>): Surface {
  return {
    title: `${title} over ${way.name}`,
    async call(surfaceCall) {
      try {
        const found = await call(surfaceCall, { headers: surfaceCall.headers });
        return typeof found === "string" ? found : "Ok";
      } catch (error) {
        if (error instanceof ConnectError) return Code[error.code]!;
        throw error;
      }
    },
  };
}

async function toItsEnd(messages: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of messages);
}

async function first<T>(messages: AsyncIterable<T>): Promise<T> {
  for await (const message of messages) return message;
  throw new Error("the stream ended without a message");
}

function namesOf(body: string): string {
  const { models, totalSize } = JSON.parse(body) as {
    readonly models: readonly (string | { readonly name?: string; readonly modelName?: string })[];
    readonly totalSize?: number;
  };
  return names(
    models.map((model) => ({ name: typeof model === "string" ? model : (model.name ?? model.modelName ?? "?") })),
    totalSize,
  );
}

function names(models: readonly { readonly name: string }[], totalSize = models.length): string {
  if (totalSize !== models.length) return `Ok, and ${totalSize} in all`;
  return `Ok ${models
    .map(({ name }) => name)
    .sort()
    .join(",")}`;
}

/** The first letter of a name percent-encoded. */
function escaped(model: string): string {
  return `%${model.charCodeAt(0).toString(16)}${model.slice(1)}`;
}
