import { type Cancellation, wantedUnless } from "../../base/cancellation.ts";
import { inSlices } from "../../base/in-slices.ts";
import { badAnswer } from "../../registry/bad-answer.ts";
import type { BytesHolder } from "../../registry/bytes-holder.ts";
import type { MemoryBudget } from "../../registry/memory-budget.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import { RegistryError } from "../../registry/registry-error.ts";
import { decodeAnswer } from "../http/answer-encoding.ts";
import { type AnswerLimits, maxDescriptionBytes } from "../http/answer-limits.ts";
import { ExchangeFailure } from "../http/exchange.ts";
import { joinPieces } from "../http/join-pieces.ts";
import { errorFromFailure, errorFromStatus } from "../http/upstream-error.ts";
import { connectionError } from "../http2/connection-error.ts";
import type { Headers } from "../http2/hpack/head-decoder.ts";
import type { Http2Client, Http2Request } from "../http2/http2-client.ts";
import type { UnaryAnswer } from "../http2/unary.ts";
import { framed, messageOf } from "./grpc-frame.ts";
import { errorFromGrpcStatus, type GrpcStatus } from "./grpc-status.ts";

/** A unary RPC to a model server. */
export interface GrpcCall {
  /** `/inference.GRPCInferenceService/ModelInfer` */
  readonly path: string;
  /** The message, in pieces that are sent as they are. */
  readonly pieces: readonly Uint8Array[];
  /** Metadata, in lower case. Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly cancellation: Cancellation<Error>;
  /** When the call is cancelled at the latest, as `performance.now()` counts. Default: the server learns of no deadline. */
  readonly deadlineMs?: number | undefined;
  readonly holder?: BytesHolder | undefined;
  /** As in Http2Request. */
  readonly closes?: boolean;
  /** Is called before `call` throws a RegistryError. */
  readonly onError?: (() => void) | undefined;
}

/** What a server answered to an RPC, whatever its status. */
export interface GrpcAnswer {
  readonly status: GrpcStatus;
  /** Empty where the status is not OK. */
  readonly message: Buffer;
}

export interface GrpcClientOptions {
  readonly maxResponseBytes: number;
  readonly memory: MemoryBudget;
}

/** Makes unary RPCs to model servers. */
export interface GrpcClient {
  /** Sends a call, again where the server cannot have begun to work on it. @throws RegistryError, or the reason of the cancellation */
  call(model: RegisteredModel, call: GrpcCall): Promise<{ readonly message: Buffer; readonly attempts: number }>;
  /** Sends a call once. @throws ExchangeFailure, RegistryError, or the reason of the cancellation */
  ask(model: RegisteredModel, call: GrpcCall): Promise<GrpcAnswer>;
}

/** The server gets this much more time than this service, whose error names the deadline. */
const graceMs = 20;
/** `grpc-timeout` has at most eight digits. */
const maxTimeoutMs = 99_999_999;
const nothing = Buffer.alloc(0);
const noHeaders = {};
const grpcHeaders = {
  "content-type": "application/grpc",
  te: "trailers",
  "user-agent": "kserve-model-registry",
  "grpc-accept-encoding": "identity",
};

const protocolHints = {
  pathHint: () =>
    "Is this the gRPC address of the model server? A REST server or gateway returns this for every unknown path.",
};

export function createGrpcClient(http2: Http2Client, { maxResponseBytes, memory }: GrpcClientOptions): GrpcClient {
  const limitsOf = ({ cancellation, holder }: GrpcCall): AnswerLimits => ({
    maxResponseBytes,
    cancellation,
    memory,
    holder,
  });
  return {
    async call(model, call) {
      let attempts = 1;
      try {
        const answer = await http2.send(model, requestOf(call));
        attempts = answer.attempts;
        const read = readAnswer(model, answer, attempts, limitsOf(call));
        const { status, message } = read instanceof Promise ? await read : read;
        if (status.code !== 0) throw errorFromGrpcStatus(model, status, attempts);
        return { message, attempts };
      } catch (thrown) {
        const error = thrown instanceof ExchangeFailure ? errorFromFailure(model, thrown, attempts) : thrown;
        if (error instanceof RegistryError) call.onError?.();
        throw error;
      }
    },
    async ask(model, call) {
      const limits = { ...limitsOf(call), maxResponseBytes: Math.min(maxDescriptionBytes, maxResponseBytes) };
      return readAnswer(model, await http2.ask(model, requestOf(call)), 1, limits);
    },
  };
}

function requestOf({
  path,
  pieces,
  headers = noHeaders,
  cancellation,
  deadlineMs,
  holder,
  closes = false,
}: GrpcCall): Http2Request {
  return {
    path,
    constantHeaders: grpcHeaders,
    headers:
      deadlineMs === undefined ? headers : { ...headers, "grpc-timeout": timeoutText(deadlineMs - performance.now()) },
    chunks: framed(pieces),
    cancellation,
    holder,
    closes,
  };
}

function timeoutText(leftMs: number): string {
  return `${Math.min(maxTimeoutMs, Math.ceil(Math.max(0, leftMs)) + graceMs)}m`;
}

/** @throws ExchangeFailure, RegistryError */
function readAnswer(
  model: RegisteredModel,
  answer: UnaryAnswer,
  attempts: number,
  limits: AnswerLimits,
): GrpcAnswer | Promise<GrpcAnswer> {
  const joining = inSlices(joinPieces(answer.chunks, answer.size), wantedUnless(limits.cancellation));
  if (!(joining instanceof Promise)) return readWhole(model, answer, joining, attempts, limits);
  return joining.then((body) => readWhole(model, answer, body, attempts, limits));
}

/** @throws ExchangeFailure, RegistryError */
function readWhole(
  model: RegisteredModel,
  { status, headers, size, trailers }: UnaryAnswer,
  body: Buffer,
  attempts: number,
  limits: AnswerLimits,
): GrpcAnswer | Promise<GrpcAnswer> {
  if (status !== 200) {
    const { "retry-after": retryAfter, location } = headers;
    throw errorFromStatus(model, { status, retryAfter, location, body, attempts }, protocolHints);
  }
  const grpcStatus = statusOf(trailers) ?? statusOf(headers);
  if (grpcStatus === undefined) {
    if (headers["content-type"]?.startsWith("application/grpc") === true) {
      throw new ExchangeFailure(connectionError("ECONNRESET", "the answer ended without a status"), false);
    }
    throw badAnswer(model, "it is not gRPC", { body, attempts, hint: notGrpcHint });
  }
  if (grpcStatus.code !== 0) return { status: grpcStatus, message: nothing };
  const message = messageOf(body);
  if (message === undefined) {
    const why = size === 0 ? "it has no message" : "it is not one whole message";
    throw badAnswer(model, why, { attempts, hint: notGrpcHint });
  }
  if (!message.isCompressed) return { status: grpcStatus, message: message.bytes };
  const whole = decoded(message.bytes, headers["grpc-encoding"], limits);
  return whole.then((bytes) => ({ status: grpcStatus, message: bytes }));
}

const notGrpcHint = "Is this the address of a model server? A proxy in front of it may have answered instead.";

/** @throws ExchangeFailure */
async function decoded(bytes: Buffer, encoding: unknown, limits: AnswerLimits): Promise<Buffer> {
  // A message that claims to be compressed is not read as uncompressed.
  const name = typeof encoding === "string" && encoding !== "identity" ? encoding : "something without a name";
  try {
    return await decodeAnswer(bytes, name, limits);
  } catch (error) {
    if (error === limits.cancellation.reason || error instanceof RegistryError) throw error;
    throw new ExchangeFailure(error as Error, false);
  }
}

function statusOf({ "grpc-status": code, "grpc-message": message }: Headers): GrpcStatus | undefined {
  if (typeof code !== "string" || !/^\d{1,9}$/.test(code)) return undefined;
  return { code: Number(code), message: typeof message === "string" ? percentDecoded(message) : "" };
}

/** Malformed percent-encoding is left as it is. */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
