/**
 * A client in JavaScript with @grpc/grpc-js: lists the models, gets one, asks for predictions, and shows what is wrong
 * with a wrong row.
 *
 *     npm ci
 *     npx node examples/grpc-js/client.ts [ADDRESS]         calls
 *     npx node examples/grpc-js/client.ts watch [ADDRESS]   keeps a mirror of the models
 *
 * ADDRESS is that of a running service, 127.0.0.1:8080 by default: `npm run demo` starts one.
 */
import { status } from "@grpc/grpc-js";
import { failureOf, readable } from "./failure.ts";
import { followModels } from "./mirror.ts";
import { type Call, openRegistry, untilServing } from "./registry.ts";
import { fromValue, instancesOf } from "./rows.ts";

/** Each call has a deadline: the service passes it on to the model. */
const inTenSeconds = () => ({ deadline: Date.now() + 10_000 });

async function main([first, ...rest]: readonly string[]): Promise<void> {
  const watches = first === "watch";
  const address = (watches ? rest[0] : first) ?? "127.0.0.1:8080";
  const registry = openRegistry(address);
  try {
    if (watches) {
      await followModels(registry, (models) => console.log(`models: ${[...models.keys()].sort().join(", ")}`));
    } else {
      await untilServing(address, inTenSeconds());
      await callAll(registry.call);
    }
  } finally {
    registry.close();
  }
}

async function callAll(call: Call): Promise<void> {
  // List: every registered model, page by page.
  let pageToken = "";
  do {
    const page = await call("ListModels", { pageToken }, inTenSeconds());
    for (const { name, namespace, type, state } of page.models)
      console.log(`${name} in ${namespace}: ${type}, ${state}`);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");

  // Get: one model, with where its predictions go.
  const { model, address } = await call("GetModel", { name: "anomaly-detector" }, inTenSeconds());
  console.log(`${model.name} is called at ${address.url}${address.predictPath}`);

  // Predict: rows of three features. Instances are JSON; a tensor and a body are the other forms.
  const rows = { name: "anomaly-detector", instances: instancesOf([[0.5, 1.2, 0.8]]) };
  const answer = await call("Predict", rows, inTenSeconds());
  console.log("predictions:", JSON.stringify(fromValue(answer.predictions)));

  // An error has a code for programs, a message for people, a reason that does not change with its wording, and for a
  // wrong row each cell.
  try {
    const wrong = instancesOf([{ disk_utilization: 91.2, iops: "many" }]);
    await call("Predict", { name: "disk-failure-predictor", instances: wrong }, inTenSeconds());
  } catch (error) {
    console.log("error:", readable(failureOf(error)));
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const failure = failureOf(error);
  console.error(readable(failure));
  process.exitCode = failure.code === status.OK ? 0 : 1;
}
