import { create, fromBinary, fromJson, type MessageInitShape, toBinary, toJson } from "@bufbuild/protobuf";
import { PredictRequestSchema, PredictResponseSchema } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { bodyOf, rows } from "../../test/support/clients.ts";
import { frame } from "../../test/support/frame.ts";
import { readRpcAnswer } from "../../test/support/raw-rpc.ts";
import type { LoadWay } from "./way.ts";

/** What goes over the wire for one prediction. */
export interface PredictionRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What came back over the wire. Trailers are among the headers. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

/** What came of a prediction, whatever the protocol. */
export interface PredictionOutcome {
  /** `ok`, the name of a Connect code, or for REST the HTTP status. */
  readonly code: string;
  /** The ErrorReason, where the call failed with one. */
  readonly reason: string | undefined;
  /** The first prediction; undefined where there is none. */
  readonly prediction: unknown;
}

const rpcPath = "/kserve.registry.v1.ModelRegistry/Predict";

/**
 * Makes the request for one row that begins with a number, which a model of this project predicts as that number. The
 * forms of the input take turns.
 *
 * @param deadlineMs is sent along; REST knows no deadline of the caller
 */
export function encodePrediction(
  way: LoadWay,
  { model, number, deadlineMs }: { readonly model: string; readonly number: number; readonly deadlineMs: number },
): PredictionRequest {
  const { protocol, contentType } = way;
  const row = [number, 0.5, -1];
  if (protocol === "rest") {
    const path = number % 2 === 0 ? `/v1/models/${model}:predict` : `/api/v1/models/${model}/predict`;
    return { path, headers: { "content-type": contentType }, body: Buffer.from(JSON.stringify({ instances: [row] })) };
  }
  const message = create(PredictRequestSchema, inputOf(model, row));
  if (contentType === "application/json") {
    const body = Buffer.from(JSON.stringify(toJson(PredictRequestSchema, message)));
    return { path: rpcPath, headers: { "content-type": contentType, "connect-timeout-ms": String(deadlineMs) }, body };
  }
  const bytes = toBinary(PredictRequestSchema, message);
  if (protocol === "connect") {
    const headers = { "content-type": contentType, "connect-timeout-ms": String(deadlineMs) };
    return { path: rpcPath, headers, body: Buffer.from(bytes) };
  }
  const headers = { "content-type": contentType, "grpc-timeout": `${deadlineMs}m`, te: "trailers" };
  return { path: rpcPath, headers, body: frame(bytes) };
}

function inputOf(model: string, row: readonly number[]): MessageInitShape<typeof PredictRequestSchema> {
  switch (row[0]! % 3) {
    case 0:
      return rows(model, [...row]);
    case 1:
      return { name: model, input: { case: "tensor", value: { shape: [1, row.length], values: [...row] } } };
    default:
      return bodyOf(model, JSON.stringify({ instances: [row] }));
  }
}

/** Reads what came of it. */
export function decodePrediction(way: LoadWay, { status, headers, body }: HttpAnswer): PredictionOutcome {
  const { protocol, contentType } = way;
  if (protocol === "rest") {
    if (status !== 200) return { code: String(status), reason: text(headers["x-error-reason"]), prediction: undefined };
    return { code: "ok", reason: undefined, prediction: firstOf(JSON.parse(body.toString())) };
  }
  const { code, reason } = readRpcAnswer({ protocol }, status, headers, body.toString("latin1"));
  if (code !== "ok") return { code, reason, prediction: undefined };
  const message =
    contentType === "application/json"
      ? fromJson(PredictResponseSchema, JSON.parse(body.toString()))
      : fromBinary(PredictResponseSchema, protocol === "connect" ? body : body.subarray(5, 5 + body.readUInt32BE(1)));
  const { output } = message;
  const first =
    output.case === "tensor"
      ? output.value.values[0]
      : output.case === "body"
        ? firstOf(JSON.parse(Buffer.from(output.value).toString()))
        : firstOf(toJson(PredictResponseSchema, message));
  return { code: "ok", reason: undefined, prediction: first };
}

function firstOf(answer: unknown): unknown {
  return (answer as { predictions?: unknown[] }).predictions?.[0];
}

function text(header: unknown): string | undefined {
  return typeof header === "string" ? header : undefined;
}
