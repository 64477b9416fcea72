import type { SecureContext } from "node:tls";
import { UnreadableFile } from "../base/cached-file.ts";
import type { RegisteredModel } from "../registry/model.ts";
import type { Predictor } from "../registry/ports.ts";
import { RegistryError } from "../registry/registry-error.ts";
import { ExchangeFailure } from "./http/exchange.ts";
import { createModelClient, type ModelClientOptions } from "./http/model-client.ts";
import { errorFromFailure, unreadableCredentials } from "./http/upstream-error.ts";
import type { Protocol } from "./protocol.ts";
import { readinessFromFailure } from "./readiness-failure.ts";
import { createV1 } from "./v1/kserve-v1.ts";

/** Speaks with model servers, with each in its own protocol. */
export interface Upstream extends Predictor {
  /** The protocol of a model, for questions besides predictions. */
  of(model: RegisteredModel): Protocol;
  /**
   * What TLS connections to a model are opened with; undefined for the defaults of Node.
   *
   * @throws UnreadableFile, RegistryError
   */
  secureContext(model: RegisteredModel): SecureContext | undefined;
}

export function createUpstream(options: ModelClientOptions): Upstream {
  const client = createModelClient(options);
  const v1 = createV1(client);
  const of = (_model: RegisteredModel): Protocol => v1;
  return {
    of,
    protocolOf: (model) => of(model).name,
    predictPath: (model) => of(model).predictPath(model),
    predict: (call) => of(call.model).predict(call),
    async infer(call) {
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
      try {
        return (await of(model).askReadiness(model, cancellation, closes)).readiness;
      } catch (error) {
        return readinessFromFailure(error, cancellation);
      }
    },
    secureContext: (model) => client.secureContext(model),
    close: () => client.close(),
  };
}
