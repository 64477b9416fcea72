/**
 * A client in TypeScript: lists the models, gets one, asks for predictions, and shows what is wrong with a wrong row.
 *
 *     npm ci
 *     npx node examples/typescript/client.ts [ADDRESS]         calls
 *     npx node examples/typescript/client.ts watch [ADDRESS]   keeps a mirror of the models
 *
 * ADDRESS is that of a running service, http://127.0.0.1:8080 by default: `npm run demo` starts one.
 */
import { enumToJson, fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { type ListValue, ListValueSchema, ValueSchema } from "@bufbuild/protobuf/wkt";
import { createClient, type Transport } from "@connectrpc/connect";
import { ModelStateSchema, ModelTypeSchema } from "../../gen/kserve/registry/v1/model_pb.ts";
import { ModelRegistry } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { inTenSeconds, openChannel, untilServing } from "./channel.ts";
import { failureOf, readable } from "./failure.ts";
import { followModels } from "./mirror.ts";

async function main([first, ...rest]: readonly string[]): Promise<void> {
  const watches = first === "watch";
  const channel = openChannel((watches ? rest[0] : first) ?? "http://127.0.0.1:8080");
  if (watches) {
    await followModels(channel, (models) => console.log(`models: ${[...models.keys()].sort().join(", ")}`));
  } else {
    await untilServing(channel);
    await callAll(channel);
  }
}

async function callAll(channel: Transport): Promise<void> {
  const registry = createClient(ModelRegistry, channel);

  // List: every registered model, page by page.
  let pageToken = "";
  do {
    const page = await registry.listModels({ pageToken }, inTenSeconds);
    for (const model of page.models) {
      const type = enumToJson(ModelTypeSchema, model.type);
      const state = enumToJson(ModelStateSchema, model.state);
      console.log(`${model.name} in ${model.namespace}: ${type}, ${state}`);
    }
    pageToken = page.nextPageToken;
  } while (pageToken !== "");

  // Get: one model, with where its predictions go.
  const { model, address } = await registry.getModel({ name: "anomaly-detector" }, inTenSeconds);
  console.log(`${model?.name} is called at ${address?.url}${address?.predictPath}`);

  // Predict: rows of three features. Instances are JSON; a tensor and a body are the other forms.
  const input = instances([[0.5, 1.2, 0.8]]);
  const { output } = await registry.predict({ name: "anomaly-detector", input }, inTenSeconds);
  if (output.case === "predictions") console.log("predictions:", JSON.stringify(toJson(ValueSchema, output.value)));

  // An error has a code for programs, a message for people, a reason that does not change with its wording, and for a
  // wrong row each cell.
  try {
    const wrong = instances([{ disk_utilization: 91.2, iops: "many" }]);
    await registry.predict({ name: "disk-failure-predictor", input: wrong }, inTenSeconds);
  } catch (error) {
    console.log("error:", readable(failureOf(error)));
  }
}

/** Rows, each a list of cells in the order of the features, or an object of cells by feature name. */
function instances(rows: JsonValue[]): { case: "instances"; value: ListValue } {
  return { case: "instances", value: fromJson(ListValueSchema, rows) };
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(readable(failureOf(error)));
  process.exitCode = 1;
}
