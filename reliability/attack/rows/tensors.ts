import { gzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import { ModelInferRequestSchema } from "../../../gen/inference/grpc_service_pb.ts";
import { frame } from "../../../test/support/frame.ts";
import { send } from "../../../test/support/http-client.ts";
import { sendRpc, wireFormats } from "../../../test/support/raw-rpc.ts";
import type { Attack } from "../attack.ts";
import { inTime } from "../in-time.ts";
import { plainModel } from "../victim.ts";

const MiB = 1024 ** 2;
const method = "/inference.GRPCInferenceService/ModelInfer";
const grpc = wireFormats.find(({ protocol }) => protocol === "grpc")!;

/** Inference requests of the Open Inference Protocol that cost more than they look, to a model that takes rows. */
export const tensors: readonly Attack[] = [
  overRest("4 MiB of empty lists", "413", (size) => tensor(`[${size},0]`, repeated("[]", size)), 4 * MiB, 3),
  overRest("4 MiB of lists of one number", "413", (size) => tensor(`[${size},1]`, repeated("[1]", size)), 4 * MiB, 4),
  overRest("4 MiB of numbers", "413", (size) => tensor(`[${size},1]`, repeated("1", size)), 4 * MiB, 2),
  overRest("100,000 tensors", "400", (size) => repeated(tensor("[1,1]", "1"), size), 100_000, 1),
  overRest("a tensor of 500,000 dimensions", "400", (size) => tensor(`[${repeated("1", size)}]`, "1"), 500_000, 1),
  overRest("a shape of 2^53 elements", "400", () => tensor("[94906265,94906265]", "1"), 1, 1),
  {
    title: "a block that claims 2 GiB, to v2 infer over REST",
    profile: "open",
    right: /^400$/,
    run: ({ url }) => {
      const body = `{"inputs":[${head("[268435456,1]")},"parameters":{"binary_data_size":2147483648}}]}`;
      return post(url, body, { "inference-header-content-length": String(body.length) });
    },
  },
  {
    title: "16 MiB of zeros in 16 KiB of gzip as a block, to v2 infer over REST",
    profile: "open",
    right: /^(400|413)$/,
    run: ({ url }) => {
      const size = 15 * MiB;
      const json = `{"inputs":[${head(`[1,${size}]`).replace("FP64", "INT8")},"parameters":{"binary_data_size":${size}}}]}`;
      const body = gzipSync(Buffer.concat([Buffer.from(json), Buffer.alloc(size)]));
      return post(url, body, { "inference-header-content-length": String(json.length), "content-encoding": "gzip" });
    },
  },
  overGrpc("two million empty tensors", Buffer.alloc(4 * MiB, Buffer.from([0x2a, 0x00]))),
  overGrpc("two million empty blocks", Buffer.alloc(4 * MiB, Buffer.from([0x3a, 0x00]))),
  overGrpc(
    "four million typed integers",
    toBinary(
      ModelInferRequestSchema,
      create(ModelInferRequestSchema, {
        modelName: plainModel,
        inputs: [
          {
            name: "x",
            datatype: "INT8",
            shape: [BigInt(4 * MiB), 1n],
            contents: { intContents: new Array<number>(4 * MiB).fill(1) },
          },
        ],
      }),
    ),
  ),
  overGrpc(
    "four million raw integers",
    toBinary(
      ModelInferRequestSchema,
      create(ModelInferRequestSchema, {
        modelName: plainModel,
        inputs: [{ name: "x", datatype: "INT8", shape: [BigInt(4 * MiB), 1n] }],
        rawInputContents: [new Uint8Array(4 * MiB)],
      }),
    ),
  ),
];

function head(shape: string): string {
  return `{"name":"x","datatype":"FP64","shape":${shape}`;
}

function tensor(shape: string, data: string): string {
  return `${head(shape)},"data":[${data}]}`;
}

function repeated(item: string, count: number): string {
  return `${`${item},`.repeat(count - 1)}${item}`;
}

/** @param itemBytes how many of the bytes each item of the list takes */
function overRest(
  title: string,
  status: string,
  inputs: (count: number) => string,
  bytes: number,
  itemBytes: number,
): Attack {
  return {
    title: `${title}, to v2 infer over REST`,
    profile: "open",
    right: new RegExp(`^${status}$`),
    run: ({ url }) => post(url, `{"inputs":[${inputs(Math.floor(bytes / itemBytes))}]}`),
  };
}

function post(url: string, body: string | Buffer, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const request = { url, path: `/v2/models/${plainModel}/infer`, method: "POST", body: body as string, headers };
  return inTime(send("1.1", request).then(({ status }) => String(status)));
}

function overGrpc(title: string, message: Uint8Array): Attack {
  return {
    title: `${title}, to ModelInfer over gRPC`,
    profile: "open",
    right: /^(ResourceExhausted|InvalidArgument|NotFound)$/,
    run: ({ url }) => inTime(sendRpc(grpc, { url, path: method, body: frame(message) }).then(({ code }) => code)),
  };
}
