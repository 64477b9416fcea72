/**
 * A client in TypeScript: lists the models, gets one, and asks it for predictions.
 *
 *     npm ci
 *     npx node examples/typescript/client.ts [ADDRESS]
 *
 * ADDRESS is that of a running service, http://127.0.0.1:8080 by default: `npm run demo` starts one. The client speaks
 * gRPC; with `createConnectTransport` or `createGrpcWebTransport` in place of `createGrpcTransport` nothing else changes.
 */
import { enumToJson, fromJson, toJson } from "@bufbuild/protobuf";
import { ListValueSchema, ValueSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { ModelStateSchema, ModelTypeSchema } from "../../gen/kserve/registry/v1/model_pb.ts";
import { ModelRegistry } from "../../gen/kserve/registry/v1/model_registry_pb.ts";

async function main(baseUrl: string): Promise<void> {
  const registry = createClient(ModelRegistry, createGrpcTransport({ baseUrl, defaultTimeoutMs: 10_000 }));

  // List: every registered model, page by page.
  let pageToken = "";
  do {
    const page = await registry.listModels({ pageToken });
    for (const model of page.models) {
      const type = enumToJson(ModelTypeSchema, model.type);
      const state = enumToJson(ModelStateSchema, model.state);
      console.log(`${model.name} in ${model.namespace}: ${type}, ${state}`);
    }
    pageToken = page.nextPageToken;
  } while (pageToken !== "");

  // Get: one model, with where its predictions go.
  const { model, address } = await registry.getModel({ name: "anomaly-detector" });
  console.log(`${model?.name} is called at ${address?.url}${address?.predictPath}`);

  // Predict: one row of three features. `instances` is JSON; `tensor` and `body` are the other forms.
  const value = fromJson(ListValueSchema, [[0.5, 1.2, 0.8]]);
  const { output } = await registry.predict({ name: "anomaly-detector", input: { case: "instances", value } });
  if (output.case === "predictions") console.log("predictions:", JSON.stringify(toJson(ValueSchema, output.value)));

  // An error has a code for programs, a message for people, and a reason that does not change with its wording.
  try {
    await registry.getModel({ name: "no-such-model" });
  } catch (error) {
    console.log("error:", readable(error));
  }
}

/** The code, the message and the reason of an error of the service. */
function readable(error: unknown): string {
  const failure = ConnectError.from(error);
  const reason = failure.findDetails(ErrorInfoSchema)[0]?.reason ?? "no reason given";
  return `${Code[failure.code]}: ${failure.rawMessage} (${reason})`;
}

try {
  await main(process.argv[2] ?? "http://127.0.0.1:8080");
} catch (error) {
  console.error(readable(error));
  process.exitCode = 1;
}
