import { GRPCInferenceService } from "../../../gen/inference/grpc_service_pb.ts";
import { ModelRegistry } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import type { MemoryBudget } from "../../registry/memory-budget.ts";
import type { Registry } from "../../registry/registry.ts";
import { tooSlow, uploadTooLate } from "../body-limits.ts";
import { bodyPieces } from "../body-pieces.ts";
import { type Call, noteFailure } from "../call.ts";
import { countPieces } from "../count-body.ts";
import { toCallError, toConnectError } from "../error.ts";
import type { HttpRequest, HttpResponse } from "../http.ts";
import type { InferDeps } from "../oip/infer.ts";
import { readPlainBody } from "../plain-body.ts";
import type { RpcLimits } from "../rpc/message-limits.ts";
import { sendFailure } from "../rpc/send-failure.ts";
import { uploadOf } from "../upload.ts";
import { createLeanInfer } from "./lean-infer.ts";
import { type LeanMethod, withModel } from "./lean-method.ts";
import { createLeanPredict } from "./lean-predict.ts";
import { type LeanCall, leanCallOf, messageOf, overheadOf, sendMessage } from "./lean-protocol.ts";
import { createLeanTriggers } from "./lean-triggers.ts";

export interface LeanHandlerDeps extends InferDeps {
  readonly registry: Registry;
  readonly limits: RpcLimits;
  /** How long a request may take to arrive, in milliseconds. */
  readonly bodyTimeoutMs: number;
  readonly memory: MemoryBudget;
  /** Lets Connect answer the call, with the part of its body that has been read. */
  readonly handOver: (
    request: HttpRequest,
    response: HttpResponse,
    call: Call,
    body: AsyncIterable<Uint8Array>,
  ) => void;
}

const { typeName, method } = ModelRegistry;

/** What one method reads is what it runs with, whatever that is. */
// biome-ignore lint/suspicious/noExplicitAny: the table does not know which method it holds
type AnyLeanMethod = LeanMethod<any>;

/**
 * The fast path for Predict, EvaluateModel, EvaluateTriggers and ModelInfer. It avoids Connect's pipeline of iterables,
 * headers and messages, which is most of the cost of a small call. It takes only what it can serve exactly as Connect
 * would: one uncompressed message and a well-formed deadline. Everything else, including every invalid request, goes to
 * Connect unchanged, so that only one place decides what is invalid.
 *
 * @returns a function that serves a call, or returns false without having touched it
 */
export function createLeanHandler(
  deps: LeanHandlerDeps,
): (request: HttpRequest, response: HttpResponse, call: Call) => boolean {
  const { pipeline } = deps;
  const { predict, evaluate } = createLeanPredict(pipeline);
  const infer = withModel(pipeline, createLeanInfer(deps));
  const methods: ReadonlyMap<string, AnyLeanMethod> = new Map<string, AnyLeanMethod>([
    [`${typeName}/${method.predict.name}`, withModel(pipeline, predict)],
    [`${typeName}/${method.evaluateModel.name}`, withModel(pipeline, evaluate)],
    [`${typeName}/${method.evaluateTriggers.name}`, createLeanTriggers(deps)],
    [`${GRPCInferenceService.typeName}/${GRPCInferenceService.method.modelInfer.name}`, infer],
  ]);

  const serve = async (
    { read, answer }: AnyLeanMethod,
    lean: LeanCall,
    body: Buffer,
    request: HttpRequest,
    response: HttpResponse,
    call: Call,
  ) => {
    const json = lean.kind === "connect-json";
    try {
      const message = messageOf(lean.kind, body);
      const reading = message === undefined ? undefined : read(message, json, request.headers);
      const asked = reading instanceof Promise ? await reading : reading;
      if (asked === undefined) {
        deps.handOver(request, response, call, bodyPieces([body]));
        return;
      }
      const answered = await answer(asked, call, json);
      call.status = 0;
      const sent = sendMessage(response, lean, answered);
      call.answerBytes = sent instanceof Promise ? await sent : sent;
    } catch (error) {
      fail(request, response, call, error);
    }
  };

  const fail = (request: HttpRequest, response: HttpResponse, call: Call, error: unknown): void => {
    const callError = toCallError(error);
    noteFailure(call, callError);
    sendFailure(response, request.headers["content-type"] ?? "", toConnectError(callError));
  };

  return (request, response, call) => {
    const served = methods.get(call.method);
    if (served === undefined) return false;
    const lean = leanCallOf(request);
    const { deadline } = call;
    // A malformed one is for Connect to refuse.
    if (lean === undefined || deadline === "malformed") return false;
    const maxBytes = deps.limits.maxRequestBytes + overheadOf(lean.kind);
    const timeoutMs = Math.min(deadline ?? Number.POSITIVE_INFINITY, deps.bodyTimeoutMs);
    const counted = { memory: deps.memory, holder: call };
    readPlainBody(request, { maxBytes, timeoutMs }, counted, {
      whole: (body) => void serve(served, lean, body, request, response, call),
      tooLarge(read) {
        deps.handOver(request, response, call, bodyPieces(read.drain(), countPieces(uploadOf(request), counted)));
      },
      // The upload took longer than the deadline, or than this server waits for a body.
      tooSlow() {
        fail(request, response, call, timeoutMs === deadline ? uploadTooLate() : tooSlow(deps.bodyTimeoutMs));
      },
      noRoom: (error) => fail(request, response, call, error),
      left() {},
    });
    return true;
  };
}
