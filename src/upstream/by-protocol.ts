import type { SecureContext } from "node:tls";
import { UnreadableFile } from "../base/cached-file.ts";
import type { Cancellation } from "../base/cancellation.ts";
import type { ModelProtocol, RegisteredModel } from "../registry/model.ts";
import type { Predictor } from "../registry/ports.ts";
import type { Readiness } from "../registry/readiness.ts";
import { RegistryError } from "../registry/registry-error.ts";
import { createGrpcClient } from "./grpc-v2/grpc-client.ts";
import { createOpenInferenceGrpc } from "./grpc-v2/open-inference-grpc.ts";
import { ExchangeFailure } from "./http/exchange.ts";
import { createModelClient, type ModelClientOptions } from "./http/model-client.ts";
import { ModelTargets } from "./http/model-target.ts";
import { causeWords, errorFromFailure, unreadableCredentials } from "./http/upstream-error.ts";
import { createHttp2Client } from "./http2/http2-client.ts";
import { needOtherPorts, otherProtocol } from "./other-protocol.ts";
import type { Protocol, ReadinessAnswer } from "./protocol.ts";
import { createV1 } from "./v1/kserve-v1.ts";
import { createOpenInferenceRest } from "./v2/open-inference-rest.ts";

/** Calls model servers, each in its own protocol. */
export interface Upstream extends Predictor {
  /** The protocol of a model, for questions besides predictions. */
  of(model: RegisteredModel): Protocol;
  /** As `otherProtocol` beside this file, of all that are spoken. */
  otherProtocol(
    model: RegisteredModel,
    found: ReadinessAnswer | Error,
    cancellation: Cancellation<Error>,
  ): Promise<ModelProtocol | undefined>;
  /**
   * The TLS context of connections to a model; undefined for the defaults of Node.
   *
   * @throws UnreadableFile, RegistryError
   */
  secureContext(model: RegisteredModel): SecureContext | undefined;
}

export interface UpstreamOptions extends ModelClientOptions {
  /** How deep the JSON of answers may be nested. Default: 64. */
  readonly maxJsonDepth?: number;
  /** How many values the JSON of the Open Inference Protocol may have besides rows of numbers. Default: any number. */
  readonly maxTextValues?: number;
}

export function createUpstream(options: UpstreamOptions): Upstream {
  const { maxResponseBytes, memory, maxJsonDepth = 64, maxTextValues } = options;
  const targets = new ModelTargets(options);
  const client = createModelClient(options, targets);
  const http2 = createHttp2Client(options, targets);
  const grpc = createGrpcClient(http2, options);
  const v1 = createV1(client);
  const json = { maxDepth: maxJsonDepth, ...(maxTextValues === undefined ? {} : { maxValues: maxTextValues }) };
  const limits = { maxResponseBytes, memory };
  const v2 = createOpenInferenceRest({ client, v1, limits, json });
  const grpcV2 = createOpenInferenceGrpc({ grpc, limits });
  // A gRPC server that also has REST speaks v2 there, and perhaps v1 as well.
  const protocols = new Map<ModelProtocol, Protocol>([
    ["v2", v2],
    ["v1", v1],
    ["grpc-v2", grpcV2],
  ]);
  const of = (model: RegisteredModel): Protocol => {
    const protocol = protocols.get(model.protocol);
    if (protocol === undefined) throw new RegistryError("INTERNAL", `Protocol ${model.protocol} is not supported`);
    return protocol;
  };
  return {
    of,
    protocolOf: (model) => of(model).name,
    predictPath: (model) => of(model).predictPath(model),
    predict: (call) => of(call.model).predict(call),
    infer(call) {
      const { infer, title } = of(call.model);
      if (infer === undefined) throw new RegistryError("INTERNAL", `${title} has no inference requests to pass on`);
      return infer(call);
    },
    async askMetadata(model, cancellation) {
      try {
        return await of(model).askMetadata?.(model, cancellation);
      } catch (error) {
        if (error instanceof ExchangeFailure) throw errorFromFailure(model, error, 1);
        if (error instanceof UnreadableFile) throw unreadableCredentials(model, error);
        throw error;
      }
    },
    async checkReadiness(model, cancellation, closes = false) {
      let found: ReadinessAnswer | Error;
      try {
        found = await of(model).askReadiness(model, cancellation, closes);
      } catch (error) {
        found = error as Error;
      }
      const readiness = found instanceof Error ? readinessFromFailure(found, cancellation) : found.readiness;
      const spoken = await otherProtocol(model, found, protocols, cancellation);
      if (spoken === undefined) return readiness;
      const { title } = protocols.get(spoken)!;
      const reason = `the model server speaks ${title}; ${protocolRemedy(model, spoken)}`;
      return { ...readiness, state: "not-ready", reason };
    },
    otherProtocol: (model, found, cancellation) => otherProtocol(model, found, protocols, cancellation),
    secureContext: (model) => client.secureContext(model),
    async close() {
      await Promise.all([client.close(), http2.close()]);
    },
  };
}

/** What to change where a server speaks another protocol than its entry says. */
export function protocolRemedy({ protocol }: RegisteredModel, spoken: ModelProtocol): string {
  const change = `set protocol: ${spoken} in the entry`;
  if (!needOtherPorts(protocol, spoken)) return change;
  return `${change}, or give it the port of ${protocol === "grpc-v2" ? "gRPC" : "REST"}`;
}

/** Reads a readiness check that got no answer. */
function readinessFromFailure(error: Error, cancellation: Cancellation<Error>): Readiness {
  const cause = error instanceof ExchangeFailure ? error.cause : error;
  if (cause instanceof RegistryError || cause instanceof UnreadableFile) {
    const reason = cause instanceof RegistryError ? cause.message : unreadableWords;
    return { state: "unreachable", reason, checkTime: new Date() };
  }
  const words = cancellation.reason !== undefined ? "the model server did not answer in time" : causeWords(cause);
  return { state: "unreachable", reason: words, checkTime: new Date() };
}

const unreadableWords = "the credentials that its entry names cannot be read";
