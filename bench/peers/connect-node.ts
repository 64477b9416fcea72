/**
 * The peer with the stock handler of `@connectrpc/connect-node`: generated messages, JSON.stringify, undici's
 * `request`, JSON.parse, the way one writes it by hand. HTTP/2 and HTTP/1.1 have a port each, because plaintext
 * `node:http2` takes no HTTP/1.1.
 */
import http from "node:http";
import http2 from "node:http2";
import { create, fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { ListValueSchema, ValueSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { Agent, request } from "undici";
import {
  ModelRegistry,
  type PredictRequest,
  type PredictResponse,
  PredictResponseSchema,
} from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { type Tensor, TensorSchema } from "../../gen/kserve/registry/v1/prediction_pb.ts";
import { listening } from "./listening.ts";

const upstream = process.argv[2]!;
const dispatcher = new Agent({ connections: 1024 });

async function call(name: string, body: string | Uint8Array, signal: AbortSignal): Promise<Buffer> {
  const response = await request(`${upstream}/v1/models/${encodeURIComponent(name)}:predict`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
    signal,
    dispatcher,
  });
  const answer = Buffer.from(await response.body.arrayBuffer());
  if (response.statusCode !== 200) throw new ConnectError(`status ${response.statusCode}`, Code.Internal);
  return answer;
}

/** @throws ConnectError where there is not one prediction per instance */
function predictionsOf(answer: Buffer, count: number): JsonValue[] {
  const { predictions } = JSON.parse(answer.toString()) as { predictions: JsonValue };
  if (Array.isArray(predictions) && predictions.length === count) return predictions;
  throw new ConnectError("not one prediction per instance", Code.Internal);
}

function rowsOf({ shape, values }: Tensor): number[][] {
  const [count = 0, width = 0] = shape;
  if (shape.length !== 2 || count * width !== values.length) {
    throw new ConnectError("not a table of numbers", Code.InvalidArgument);
  }
  return Array.from({ length: count }, (_, row) => values.slice(row * width, (row + 1) * width));
}

async function predict({ name, input }: PredictRequest, signal: AbortSignal): Promise<PredictResponse> {
  switch (input.case) {
    case "instances": {
      const instances = toJson(ListValueSchema, input.value);
      const answer = await call(name, JSON.stringify({ instances }), signal);
      const predictions = fromJson(ValueSchema, predictionsOf(answer, input.value.values.length));
      return create(PredictResponseSchema, { modelName: name, output: { case: "predictions", value: predictions } });
    }
    case "tensor": {
      const instances = rowsOf(input.value);
      const answer = await call(name, JSON.stringify({ instances }), signal);
      const values = predictionsOf(answer, instances.length) as number[];
      const tensor = create(TensorSchema, { shape: [values.length], values });
      return create(PredictResponseSchema, { modelName: name, output: { case: "tensor", value: tensor } });
    }
    case "body": {
      const answer = await call(name, input.value, signal);
      return create(PredictResponseSchema, { modelName: name, output: { case: "body", value: answer } });
    }
    default:
      throw new ConnectError("no input", Code.InvalidArgument);
  }
}

const handler = connectNodeAdapter({
  readMaxBytes: 16 * 1024 * 1024,
  routes: (router: ConnectRouter) =>
    router.service(ModelRegistry, { predict: (message, context) => predict(message, context.signal) }),
});
// The windows of the service under test.
const http2Server = http2.createServer({ settings: { initialWindowSize: 1024 * 1024 } }, handler);
http2Server.on("session", (session) => session.setLocalWindowSize(4 * 1024 * 1024));
await listening({ http2: http2Server, http1: http.createServer(handler) });
