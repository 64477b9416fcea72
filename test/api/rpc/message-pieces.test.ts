import { create, fromBinary, fromJsonString, toBinary, toJsonString } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  CompareVersionsResponseSchema,
  ListRegisteredModelsResponseSchema,
  RegisterVersionResponseSchema,
} from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { messagePieces } from "../../../src/api/rpc/message-pieces.ts";

const text = '🙂"\n'.repeat(50_000);
const model = {
  id: "1",
  name: "a",
  readme: text,
  customProperties: { n: { value: { case: "intValue", value: 7n } } },
} as const;
const messages = [
  ["of nothing", create(ListRegisteredModelsResponseSchema)],
  ["without a list", create(ListRegisteredModelsResponseSchema, { nextPageToken: text })],
  [
    "with a list",
    create(ListRegisteredModelsResponseSchema, {
      registeredModels: [model, {}, model],
      nextPageToken: "next",
      totalSize: 3n,
    } as never),
  ],
  [
    "with several lists",
    create(CompareVersionsResponseSchema, {
      versions: [{ name: text }, { name: "b", modelVersion: { id: "2" } }],
      rows: [{ name: "c", differs: true }],
    } as never),
  ],
  [
    "with long messages and maps in fields",
    create(RegisterVersionResponseSchema, {
      registeredModel: { ...model, owner: "o" },
      modelVersion: {
        id: "2",
        name: "b",
        customProperties: {
          long: { value: { case: "stringValue", value: text } },
          double: { value: { case: "doubleValue", value: 1.5 } },
        },
      },
    } as never),
  ],
] as const;

const schemas = [CompareVersionsResponseSchema, ListRegisteredModelsResponseSchema, RegisterVersionResponseSchema];

describe("a message in pieces", () => {
  it.each(messages)("is the same message: %s", (_, message) => {
    const desc = schemas.find(({ typeName }) => typeName === message.$typeName)!;
    const [json, binary] = [true, false].map((one) => Buffer.concat([...messagePieces(desc, message, one)]));
    expect(JSON.parse(json!.toString())).toEqual(JSON.parse(toJsonString(desc, message as never)));
    expect(fromJsonString(desc, json!.toString())).toEqual(message);
    expect(fromBinary(desc, binary!)).toEqual(message);
    expect(binary!.length).toBe(toBinary(desc, message as never).length);
  });
});
