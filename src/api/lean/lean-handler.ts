import { GRPCInferenceService } from "../../../gen/inference/grpc_service_pb.ts";
import { ModelRegistry } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import type { Registry } from "../../registry/registry.ts";
import { bodyPieces } from "../body-pieces.ts";
import type { Call } from "../call.ts";
import type { HttpRequest, HttpResponse } from "../http.ts";
import type { InferDeps } from "../oip/infer.ts";
import { failLean, type LeanDeps, type LeanExchange, readLeanBody } from "./lean-body.ts";
import { createLeanInfer } from "./lean-infer.ts";
import { type LeanMethod, withModel } from "./lean-method.ts";
import { createLeanPredict } from "./lean-predict.ts";
import { type LeanCall, leanCallOf, messageOf, overheadOf, sendMessage } from "./lean-protocol.ts";
import { createLeanTriggers } from "./lean-triggers.ts";

export interface LeanHandlerDeps extends LeanDeps, Omit<InferDeps, keyof LeanDeps> {
  readonly registry: Registry;
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
    exchange: LeanExchange,
  ): Promise<void> => {
    const { request, response, call } = exchange;
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
      failLean(exchange, error);
    }
  };

  return (request, response, call) => {
    const served = methods.get(call.method);
    if (served === undefined) return false;
    const lean = leanCallOf(request);
    // A malformed deadline is for Connect to refuse.
    if (lean === undefined || call.deadline === "malformed") return false;
    const exchange = { request, response, call };
    const maxBytes = deps.limits.maxRequestBytes + overheadOf(lean.kind);
    readLeanBody(exchange, { maxBytes }, deps, (body) => void serve(served, lean, body, exchange));
    return true;
  };
}
