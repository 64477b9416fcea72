import { create, fromBinary, fromJson, toBinary, toJson } from "@bufbuild/protobuf";
import {
  type PredictRequest,
  PredictRequestSchema,
  type PredictResponse,
  PredictResponseSchema,
} from "../gen/kserve/registry/v1/model_registry_pb.ts";
import type { Case } from "./cases.ts";
import { predictionsOf, requestBody, rowsOf, width } from "./payload.ts";

/** What goes over the wire for one call. */
export interface WireRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What came back. */
export interface WireAnswer {
  readonly status: number;
  readonly trailers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const predictPath = "/kserve.registry.v1.ModelRegistry/Predict";

/** Makes the request of a case. */
export function wireRequest(one: Case): WireRequest {
  switch (one.protocol) {
    case "rest":
      return {
        path: `/v1/models/${one.model}:predict`,
        headers: { "content-type": "application/json" },
        body: requestBody(one.rows),
      };
    case "connect-json":
      return {
        path: predictPath,
        headers: { "content-type": "application/json", "connect-protocol-version": "1" },
        body: Buffer.from(JSON.stringify(toJson(PredictRequestSchema, messageOf(one)))),
      };
    case "connect-binary":
      return {
        path: predictPath,
        headers: { "content-type": "application/proto", "connect-protocol-version": "1" },
        body: Buffer.from(toBinary(PredictRequestSchema, messageOf(one))),
      };
    default:
      return {
        path: predictPath,
        headers: { "content-type": `application/${one.protocol}+proto`, te: "trailers" },
        body: framed(toBinary(PredictRequestSchema, messageOf(one))),
      };
  }
}

function messageOf({ form, rows, model }: Case): PredictRequest {
  return create(PredictRequestSchema, { name: model, input: inputOf(form, rows) });
}

function inputOf(form: Case["form"], count: number): PredictRequest["input"] {
  const message = (json: object): PredictRequest["input"] =>
    fromJson(PredictRequestSchema, json as Parameters<typeof fromJson>[1]).input;
  switch (form) {
    case "instances":
      return message({ instances: rowsOf(count) });
    case "tensor":
      return message({ tensor: { shape: [count, width], values: rowsOf(count).flat() } });
    case "body":
      return { case: "body", value: requestBody(count) };
  }
}

/** Puts a message into the envelope of gRPC. */
export function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/**
 * Decodes an answer and compares it with what the upstream had to predict.
 *
 * @returns what is wrong, undefined when nothing is
 */
export function problemOf(one: Case, answer: WireAnswer): string | undefined {
  if (answer.status !== 200) return `HTTP status ${answer.status}: ${answer.body.toString().slice(0, 200)}`;
  const expected = predictionsOf(one.rows);
  if (one.protocol === "rest") return differenceOf(one, expected, bodyPredictions(answer.body), one.model);
  const message = decode(one, answer);
  if (typeof message === "string") return message;
  return differenceOf(one, expected, outputOf(message, one.form), message.modelName);
}

function differenceOf(one: Case, expected: readonly number[], found: unknown, model: string): string | undefined {
  if (model !== one.model) return `model ${model} instead of ${one.model}`;
  return JSON.stringify(found) === JSON.stringify(expected) ? undefined : "other predictions than the upstream's";
}

/** @returns the message, or what is wrong */
function decode({ protocol }: Case, { body, trailers }: WireAnswer): PredictResponse | string {
  if (protocol === "connect-json") return fromJson(PredictResponseSchema, JSON.parse(body.toString()));
  if (protocol === "connect-binary") return fromBinary(PredictResponseSchema, body);
  const end = 5 + body.readUInt32BE(1);
  const status =
    protocol === "grpc" ? trailers["grpc-status"] : /grpc-status: ?(\d+)/i.exec(body.toString("latin1", end))?.[1];
  if (status !== "0") return `gRPC status ${status}: ${trailers["grpc-message"] ?? ""}`;
  return fromBinary(PredictResponseSchema, body.subarray(5, end));
}

function outputOf({ output }: PredictResponse, form: Case["form"]): unknown {
  if (form === "instances" && output.case === "predictions") {
    const { kind } = output.value;
    return kind.case === "listValue" ? kind.value.values.map((value) => value.kind.value) : kind;
  }
  if (form === "tensor" && output.case === "tensor") return output.value.values;
  if (form === "body" && output.case === "body") return bodyPredictions(output.value);
  return `the form ${output.case}`;
}

function bodyPredictions(body: Uint8Array): unknown {
  return (JSON.parse(Buffer.from(body).toString()) as { predictions: unknown }).predictions;
}
