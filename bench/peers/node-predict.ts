/**
 * What one Predict takes in the peers on Node, the way one writes it by hand: generated messages, JSON.stringify, undici's
 * `request`, JSON.parse.
 */
import { create, fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { ListValueSchema, ValueSchema } from "@bufbuild/protobuf/wkt";
import { Agent, request } from "undici";
import {
  type PredictRequest,
  type PredictResponse,
  PredictResponseSchema,
} from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { type Tensor, TensorSchema } from "../../gen/kserve/registry/v1/prediction_pb.ts";

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
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
  return answer;
}

/** @throws where there is not one prediction per instance */
function predictionsOf(answer: Buffer, count: number): JsonValue[] {
  const { predictions } = JSON.parse(answer.toString()) as { predictions: JsonValue };
  if (Array.isArray(predictions) && predictions.length === count) return predictions;
  throw new Error("not one prediction per instance");
}

function rowsOf({ shape, values }: Tensor): number[][] {
  const [count = 0, width = 0] = shape;
  if (shape.length !== 2 || count * width !== values.length) {
    throw new Error("not a table of numbers");
  }
  return Array.from({ length: count }, (_, row) => values.slice(row * width, (row + 1) * width));
}

/** Makes one prediction. Throws where the model server does not answer one prediction per instance. */
export async function predict({ name, input }: PredictRequest, signal: AbortSignal): Promise<PredictResponse> {
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
      throw new Error("no input");
  }
}
