/** Calls the service for clients.test.ts; see the README beside this folder. */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import {
  type CallOptions,
  credentials,
  loadPackageDefinition,
  type ServiceClientConstructor,
  status,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { failureOf } from "../../../../examples/grpc-js/failure.ts";
import { followModels } from "../../../../examples/grpc-js/mirror.ts";
import { callUnary, openRegistry, type RegistryOptions, untilServing } from "../../../../examples/grpc-js/registry.ts";
import { fromValue, instancesOf } from "../../../../examples/grpc-js/rows.ts";

// biome-ignore lint/suspicious/noExplicitAny: what the README says
type Command = any;

/** The folder with the proto of the typed contract. */
const [typedProtos = ""] = process.argv.slice(2);
let mirrored: readonly string[] | null = null;

function optionsOf({ authorities, attempts = 1, maxReceivedBytes }: Command): RegistryOptions {
  return {
    ...(authorities === undefined ? {} : { authorities: readFileSync(authorities) }),
    channel: {
      ...(attempts === 1 ? { "grpc.service_config": "{}" } : {}),
      ...(maxReceivedBytes === undefined
        ? {}
        : { "grpc.max_receive_message_length": maxReceivedBytes === 0 ? 4 * 1024 * 1024 : maxReceivedBytes }),
    },
  };
}

async function answer(command: Command): Promise<object> {
  const { op, address, name, deadlineMs = 20_000, cancelMs } = command;
  if (op === "mirror") return { models: mirrored };
  const options: CallOptions = { deadline: Date.now() + deadlineMs };
  const registry = openRegistry(address, optionsOf(command));
  if (op === "follow") {
    void followModels(registry, (models) => {
      mirrored = [...models.keys()].sort();
    });
    return {};
  }
  try {
    switch (op) {
      case "serving":
        await untilServing(address, options, command.service);
        return { models: namesOf(await registry.call("ListModels", {}, options)) };
      case "list":
        return { models: namesOf(await registry.call("ListModels", {}, options)) };
      case "get": {
        const got = await registry.call("GetModel", { name }, options);
        return { name: got.model.name, url: got.address.url };
      }
      case "typed":
        return await typed(command, options);
      case "echo": {
        const body = Buffer.from(JSON.stringify({ instances: ["x".repeat(command.bytes)] }));
        return { bytes: (await registry.call("Predict", { name, body }, options)).body.length };
      }
      default: {
        const signal = cancelMs === undefined ? undefined : AbortSignal.timeout(cancelMs);
        return predicted(await registry.call("Predict", { name, ...inputOf(command) }, options, signal));
      }
    }
  } finally {
    registry.close();
  }
}

async function typed({ address, rows }: Command, options: CallOptions): Promise<object> {
  const file = "kserve/models/disk_failure_predictor/v1/disk_failure_predictor.proto";
  const loaded = loadPackageDefinition(loadSync(file, { includeDirs: [typedProtos], keepCase: true })) as Command;
  const Service: ServiceClientConstructor = loaded.kserve.models.disk_failure_predictor.v1.DiskFailurePredictor;
  const client = new Service(address, credentials.createInsecure());
  try {
    const { predictions } = await callUnary(client, "Predict", { instances: rows }, options);
    return { values: predictions.map((prediction: Command) => prediction.failure_probability) };
  } finally {
    client.close();
  }
}

function namesOf(page: Command): string[] {
  return page.models.map((model: Command) => model.name);
}

function inputOf({ form, rows }: Command): object {
  switch (form) {
    case "tensor":
      return { tensor: { shape: [rows.length, rows[0].length], values: rows.flat() } };
    case "body":
      return { body: Buffer.from(JSON.stringify({ instances: rows })) };
    default:
      return { instances: instancesOf(rows) };
  }
}

function predicted(response: Command): object {
  switch (response.output) {
    case "tensor":
      return { tensor: { shape: response.tensor.shape, values: response.tensor.values } };
    case "body":
      return { body: response.body.toString() };
    default:
      return { predictions: fromValue(response.predictions) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const answered = await answer(JSON.parse(line)).catch((error: unknown) => {
    const { code, retryDelayMs = null, ...failure } = failureOf(error);
    return { error: { ...failure, code: status[code], retryDelayMs } };
  });
  console.log(JSON.stringify(answered));
}
process.exit();
