import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ModelInferRequestSchema, ModelInferResponseSchema } from "../../gen/inference/grpc_service_pb.ts";
import type { WireAnswer, WireRequest } from "../exchange.ts";
import { requestBody, rowsOf, width } from "../payload.ts";

export const rowCounts = [1, 100, 1000, 10_000] as const;

/** A way from a caller to a model, with what it may cost beside a peer of Go that does the same. */
export interface Way {
  readonly name: string;
  readonly peer: "grpc-go" | "Go ReverseProxy" | "Go translator";
  /** The proxy of Node that does nothing but pass on: what can be had with it at all. Undefined: there is none. */
  readonly bare?: "node:http2 proxy" | "node:http proxy";
  readonly version: 1 | 2;
  /** How many times the CPU time of the peer it may take, by rows. */
  readonly atMost: readonly [one: number, hundred: number, thousand: number, tenThousand: number];
  readonly requestOf: (rows: number) => WireRequest;
  /** Says what is wrong with an answer; undefined for a right one. */
  readonly problemOf: (answer: WireAnswer, rows: number) => string | undefined;
}

function doubles(rows: number): Uint8Array {
  return new Uint8Array(Float64Array.from(rowsOf(rows).flat()).buffer);
}

function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.byteLength, 1);
  return Buffer.concat([head, message]);
}

const json = { "content-type": "application/json" };

function jsonProblem(countOf: (value: never) => number | undefined): Way["problemOf"] {
  return ({ status, body }, rows) => {
    if (status !== 200) return `HTTP ${status}: ${body.toString().slice(0, 200)}`;
    const count = countOf(JSON.parse(body.toString()) as never);
    return count === rows ? undefined : `${count} predictions for ${rows} rows`;
  };
}

const predictionsProblem = jsonProblem(({ predictions }: { predictions?: unknown[] }) => predictions?.length);

function translated(target: string, prefix: "g" | "r", atMost: Way["atMost"]): Way {
  return {
    name: `KServe v1 to ${target}`,
    peer: "Go translator",
    version: 1,
    atMost,
    requestOf: (rows) => ({
      path: `/v1/models/${prefix}-rows-${rows}:predict`,
      headers: json,
      body: requestBody(rows),
    }),
    problemOf: predictionsProblem,
  };
}

/** Every way that is measured. */
export const ways: readonly Way[] = [
  {
    name: "gRPC passed through",
    peer: "grpc-go",
    bare: "node:http2 proxy",
    version: 2,
    atMost: [2.5, 2, 1.5, 1.3],
    requestOf: (rows) => {
      const message = create(ModelInferRequestSchema, {
        modelName: `g-rows-${rows}`,
        inputs: [{ name: "input-0", datatype: "FP64", shape: [BigInt(rows), BigInt(width)] }],
        rawInputContents: [doubles(rows)],
      });
      return {
        path: "/inference.GRPCInferenceService/ModelInfer",
        headers: { "content-type": "application/grpc", te: "trailers" },
        body: framed(toBinary(ModelInferRequestSchema, message)),
      };
    },
    problemOf({ status, trailers, body }, rows) {
      const { "grpc-status": code, "grpc-message": words } = trailers;
      if (status !== 200 || code !== "0") return `HTTP ${status}, gRPC ${code} ${words ?? ""}`;
      const [block] = fromBinary(ModelInferResponseSchema, body.subarray(5)).rawOutputContents;
      return block?.byteLength === rows * 8 ? undefined : `${block?.byteLength} bytes for ${rows} rows`;
    },
  },
  {
    name: "REST passed through",
    peer: "Go ReverseProxy",
    bare: "node:http proxy",
    version: 1,
    atMost: [0.9, 0.8, 1.2, 1.5],
    requestOf: (rows) => ({
      path: `/v2/models/r-rows-${rows}/infer`,
      headers: json,
      body: Buffer.from(
        JSON.stringify({
          inputs: [{ name: "input-0", datatype: "FP64", shape: [rows, width], data: rowsOf(rows).flat() }],
        }),
      ),
    }),
    problemOf: jsonProblem(({ outputs }: { outputs?: { data: unknown[] }[] }) => outputs?.[0]?.data.length),
  },
  translated("gRPC", "g", [1.8, 0.45, 0.25, 0.2]),
  translated("REST", "r", [1.1, 0.3, 0.15, 0.1]),
];
