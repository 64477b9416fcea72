import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  type InferTensorContentsSchema,
  type ModelInferRequest,
  ModelInferRequestSchema,
  ModelInferResponseSchema,
} from "../../../gen/inference/grpc_service_pb.ts";
import { slicesOf } from "../../../src/base/in-slices.ts";
import type { GrpcInference } from "../../../src/registry/inference.ts";
import { datatypes } from "../../../src/tensors/datatype.ts";
import { MalformedMessage } from "../../../src/tensors/grpc/proto-reader.ts";
import { type GrpcMessage, readGrpcMessage } from "../../../src/tensors/grpc/read-message.ts";
import { grpcMessagePieces, writeGrpcMessage } from "../../../src/tensors/grpc/write-message.ts";
import { noParameters } from "../../../src/tensors/tensor.ts";
import { TensorProblem } from "../../../src/tensors/tensor-problem.ts";
import { countSlices } from "../../support/count-slices.ts";

type Contents = MessageInitShape<typeof InferTensorContentsSchema>;

/** Two elements of each datatype: typed, and as they lie in raw contents. */
const elements: readonly (readonly [string, Contents, string])[] = [
  ["BOOL", { boolContents: [true, false] }, "0100"],
  ["INT8", { intContents: [-128, 127] }, "807f"],
  ["INT16", { intContents: [-2, 258] }, "feff0201"],
  ["INT32", { intContents: [-2147483648, 1] }, "0000008001000000"],
  ["INT64", { int64Contents: [-1n, 9007199254740993n] }, "ffffffffffffffff0100000000002000"],
  ["UINT8", { uintContents: [255, 0] }, "ff00"],
  ["UINT16", { uintContents: [65535, 1] }, "ffff0100"],
  ["UINT32", { uintContents: [4294967295, 1] }, "ffffffff01000000"],
  ["UINT64", { uint64Contents: [18446744073709551615n, 1n] }, "ffffffffffffffff0100000000000000"],
  ["FP32", { fp32Contents: [0.5, Number.NaN] }, "0000003f0000c07f"],
  ["FP64", { fp64Contents: [1, Number.NEGATIVE_INFINITY] }, "000000000000f03f000000000000f0ff"],
  ["BYTES", { bytesContents: [Buffer.from("ä"), Buffer.alloc(0)] }, "02000000c3a400000000"],
];

const parameters = {
  b: { parameterChoice: { case: "boolParam", value: true } },
  i: { parameterChoice: { case: "int64Param", value: -5n } },
  s: { parameterChoice: { case: "stringParam", value: "x" } },
  d: { parameterChoice: { case: "doubleParam", value: 0.25 } },
  u: { parameterChoice: { case: "uint64Param", value: 2n ** 63n } },
} as const;

function requestOf(datatype: string, contents: Contents | undefined, raw: readonly Uint8Array[]): Uint8Array {
  const request = create(ModelInferRequestSchema, {
    modelName: "m",
    modelVersion: "2",
    id: "x",
    parameters,
    inputs: [{ name: "a", datatype, shape: [2n, 1n], parameters, ...(contents === undefined ? {} : { contents }) }],
    outputs: [{ name: "y", parameters: { s: parameters.s } }],
    rawInputContents: [...raw],
  });
  return toBinary(ModelInferRequestSchema, request);
}

/** Without the Buffers that Node makes of parts of Buffers. */
function requestFrom(message: Uint8Array): ModelInferRequest {
  return fromBinary(ModelInferRequestSchema, new Uint8Array(message));
}

describe("a message of the Open Inference Protocol over gRPC", () => {
  it.each([1, 41, 42, 43, 63, 64, 65, 110, 127, 128, 16_000, 16_383, 16_384, 70_000])(
    "is the same for the runtime of protobuf with texts of %i characters",
    (length) => {
      const [name, wide] = ["n".repeat(length), "ß".repeat(length)];
      const named = new Map([[name, wide]]);
      const tensor = {
        name,
        datatype: datatypes.BOOL,
        shape: [1, 0, 300],
        parameters: named,
        data: { raw: Buffer.alloc(0) },
      };
      const head = { id: wide, modelName: name, modelVersion: wide, parameters: named };
      const { message } = writeGrpcMessage(head, "inputs", [tensor], false)();
      const { modelName, id, modelVersion, inputs } = requestFrom(message);
      expect({ modelName, id, modelVersion }).toEqual({ modelName: name, id: wide, modelVersion: wide });
      expect(inputs).toMatchObject([{ name, datatype: "BOOL", shape: [1n, 0n, 300n] }]);
      expect(readGrpcMessage({ form: "grpc", message }, "inputs")()).toMatchObject({
        ...head,
        tensors: [{ name, parameters: named }],
      });
    },
  );

  it.each(elements)("holds %s typed, and is written as it was read", (datatype, contents, hex) => {
    const message = requestOf(datatype, contents, []);
    const read = readGrpcMessage({ form: "grpc", message }, "inputs")();
    const [tensor] = read.tensors;
    expect([tensor!.name, tensor!.shape, read.isRaw]).toEqual(["a", [2, 1], false]);
    expect(tensor!.data).toEqual({ raw: expect.anything() });
    expect(Buffer.from((tensor!.data as { raw: Uint8Array }).raw).toString("hex")).toBe(hex);
    const written = writeGrpcMessage(read, "inputs", read.tensors, false)();
    expect(requestFrom(written.message)).toEqual(requestFrom(message));
  });

  it.each([...elements, ["FP16", {}, "003c007c"], ["BF16", {}, "803f0000"]] as const)(
    "holds %s raw, and is written as it was read",
    (datatype, _contents, hex) => {
      const message = requestOf(datatype, undefined, [Buffer.from(hex, "hex")]);
      const read = readGrpcMessage({ form: "grpc", message }, "inputs")();
      expect(read.isRaw).toBe(true);
      const written = writeGrpcMessage(read, "inputs", read.tensors, true)();
      expect(requestFrom(written.message)).toEqual(requestFrom(message));
    },
  );

  it("comes in pieces where elements are many, which are not copied", () => {
    const large = [Buffer.alloc(8192, 1), Buffer.alloc(16), Buffer.alloc(4096, 2)];
    const tensors = large.map((raw, i) => ({
      name: `t${i}`,
      datatype: datatypes.UINT8,
      shape: [raw.length],
      parameters: noParameters,
      data: { raw },
    }));
    const head = { id: "", modelName: "m", modelVersion: "", parameters: noParameters };
    const pieces = grpcMessagePieces(head, "inputs", tensors, true)();
    expect(pieces.filter((piece) => large.some((raw) => raw === piece))).toEqual([large[0], large[2]]);
    const { message } = writeGrpcMessage(head, "inputs", tensors, true)();
    expect(Buffer.concat(pieces)).toEqual(message);
    expect(requestFrom(message).rawInputContents.map((block) => Buffer.from(block))).toEqual(large);
  });

  it("is an answer with the fields of one", () => {
    const answer = create(ModelInferResponseSchema, {
      modelName: "m",
      id: "x",
      parameters,
      outputs: [{ name: "y", datatype: "FP32", shape: [1n] }],
      rawOutputContents: [new Uint8Array(4)],
    });
    const message = toBinary(ModelInferResponseSchema, answer);
    const read = readGrpcMessage({ form: "grpc", message }, "outputs")();
    const written = writeGrpcMessage(read, "outputs", read.tensors, true)();
    expect(fromBinary(ModelInferResponseSchema, new Uint8Array(written.message))).toEqual(answer);
  });

  it("is raw for all tensors where one has no typed contents", () => {
    const half = readGrpcMessage({ form: "grpc", message: requestOf("FP16", undefined, [Buffer.alloc(4)]) }, "inputs")()
      .tensors;
    const { message } = writeGrpcMessage(
      { id: "", modelName: "", modelVersion: "", parameters: new Map() },
      "inputs",
      half,
      false,
    )();
    expect(requestFrom(message).rawInputContents).toHaveLength(1);
  });

  it.each([
    ["typed contents of FP16", "FP16", {}, [], "FP16 has no typed contents; send it in raw_input_contents"],
    ["contents of another datatype", "FP64", { fp32Contents: [1, 2] }, [], "FP64 goes into fp64_contents"],
    ["too few elements", "INT32", { intContents: [1] }, [], "has 1 elements, but the shape [2,1] takes 2"],
    ["an element out of range", "INT8", { intContents: [1, 300] }, [], "300 is not from -128 to 127 (INT8)"],
    [
      "typed contents beside raw ones",
      "INT8",
      { intContents: [1, 2] },
      ["0102"],
      "not together with raw_input_contents",
    ],
    ["a byte too many", "INT8", undefined, ["010203"], "has 3 bytes of data"],
    ["a length that lies", "BYTES", undefined, ["ffffff7f00"], "lengths of BYTES"],
    ["more blocks than tensors", "INT8", undefined, ["0102", "03"], "has 2 items for 1 inputs"],
    ["an unknown datatype", "fp64", undefined, ["00"], '"fp64" is unknown'],
  ] as const)("is refused with %s", (_title, datatype, contents, raw, words) => {
    const message = requestOf(
      datatype,
      contents as Contents | undefined,
      raw.map((hex) => Buffer.from(hex, "hex")),
    );
    const read = (): unknown => readGrpcMessage({ form: "grpc", message }, "inputs")();
    expect(read).toThrow(TensorProblem);
    expect(read).toThrow(words);
  });

  it.each(["ff", "0a05", "0a01ff", "2a020a05", "08ffffffffffffffffffffff01", "0a8080808008", "0b0c"])(
    "is none where it is %s",
    (hex) => {
      expect(() => readGrpcMessage({ form: "grpc", message: Buffer.from(hex, "hex") }, "inputs")()).toThrow(
        MalformedMessage,
      );
    },
  );

  it.each<readonly [string, Contents]>([
    ["BOOL", { boolContents: [true, false] }],
    ["INT8", { intContents: [-128, 127] }],
    ["INT64", { int64Contents: [-(2n ** 63n), 2n ** 63n - 1n] }],
    ["UINT64", { uint64Contents: [2n ** 64n - 1n, 2n ** 32n] }],
    ["BYTES", { bytesContents: [Buffer.from("ä"), Buffer.alloc(300)] }],
  ])("many typed elements of %s are read and written in slices", (datatype, two) => {
    const count = 20_000;
    const contents = Object.fromEntries(
      Object.entries(two).map(([key, value]) => [
        key,
        Array<unknown[]>(count / 2)
          .fill(value as unknown[])
          .flat(),
      ]),
    ) as Contents;
    const request = create(ModelInferRequestSchema, {
      modelName: "m",
      inputs: [{ name: "a", datatype, shape: [BigInt(count)], contents }],
    });
    const message = toBinary(ModelInferRequestSchema, request);
    const { found, slices } = countSlices(slicesOf(readGrpcMessage({ form: "grpc", message }, "inputs")));
    expect(slices).toBeGreaterThan(5);
    const { tensors } = found as GrpcMessage;
    const head = { id: "", modelName: "m", modelVersion: "", parameters: noParameters };
    const written = countSlices(slicesOf(writeGrpcMessage(head, "inputs", tensors, false)));
    expect(written.slices).toBeGreaterThan(5);
    expect(Buffer.from((written.found as GrpcInference).message).equals(message)).toBe(true);
  });

  it("may have only so many fields besides the elements of tensors", () => {
    const withUnknown = (count: number): Buffer =>
      Buffer.concat([requestOf("INT8", { intContents: [1, 2] }, []), Buffer.from("7801".repeat(count), "hex")]);
    const read = (count: number) => readGrpcMessage({ form: "grpc", message: withUnknown(count) }, "inputs")();
    expect(read(65_000)).toMatchObject({ modelName: "m" });
    expect(() => read(65_536)).toThrow("more than 65536 fields");
    const entry = "22070a016112021001";
    const message = Buffer.from(entry.repeat(20_000), "hex");
    expect(() => readGrpcMessage({ form: "grpc", message }, "inputs")()).toThrow("more than 65536 fields");
  });

  it("may have lists that are not packed, and come in parts", () => {
    // inputs { name: "a" datatype: "INT64" shape: 1 shape: [1] contents { int64_contents: 7 } }
    const contents = "2a021807";
    const input = Buffer.from(`0a01611205494e543634${"1801"}${"1a0101"}${contents}`, "hex");
    const message = Buffer.concat([Buffer.from([0x2a, input.length]), input]);
    const [tensor] = readGrpcMessage({ form: "grpc", message }, "inputs")().tensors;
    expect([tensor!.shape, Buffer.from((tensor!.data as { raw: Uint8Array }).raw).toString("hex")]).toEqual([
      [1, 1],
      "0700000000000000",
    ]);
  });
});
