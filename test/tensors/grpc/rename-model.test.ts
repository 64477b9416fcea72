import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ModelInferRequestSchema } from "../../../gen/inference/grpc_service_pb.ts";
import { renameModel } from "../../../src/tensors/grpc/rename-model.ts";

function messageOf(modelName: string): Uint8Array {
  return toBinary(ModelInferRequestSchema, create(ModelInferRequestSchema, { modelName, id: "x", modelVersion: "2" }));
}

function renamed(message: Uint8Array, name: string): unknown {
  const { modelName, id, modelVersion } = fromBinary(
    ModelInferRequestSchema,
    new Uint8Array(Buffer.concat(renameModel(message, name))),
  );
  return { modelName, id, modelVersion };
}

const rest = { id: "x", modelVersion: "2" };

describe("a message with another name of the model", () => {
  it.each([
    ["another name", messageOf("m")],
    ["a longer name", messageOf("a-model-of-another-name".repeat(10))],
    ["no name", messageOf("")],
    ["the same name, and another behind it", Buffer.concat([messageOf("served"), messageOf("m")])],
    ["another name, and the same behind it", Buffer.concat([messageOf("m"), messageOf("served")])],
    ["the same name twice", Buffer.concat([messageOf("served"), messageOf("served")])],
    ["the name behind the rest", Buffer.concat([messageOf(""), messageOf("m")])],
  ])("has it where there is %s", (_, message) => {
    expect(renamed(message, "served")).toEqual({ ...rest, modelName: "served" });
  });

  it.each(["served", "ein-mödel", "模型".repeat(40)])("is the message itself where %s is its name", (name) => {
    const message = messageOf(name);
    const pieces = renameModel(message, name);
    expect(pieces).toHaveLength(1);
    expect(pieces[0]).toBe(message);
  });
});
