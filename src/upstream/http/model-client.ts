import type { SecureContext } from "node:tls";
import type { Cancellation } from "../../base/cancellation.ts";
import type { BytesHolder } from "../../registry/bytes-holder.ts";
import type { MemoryBudget } from "../../registry/memory-budget.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import { createHttp1Client } from "../http1/http1-client.ts";
import type { OriginPoolOptions } from "../http1/origin-pool.ts";
import { maxDescriptionBytes } from "./answer-limits.ts";
import type { ExchangeResponse } from "./exchange.ts";
import { type ModelTargetOptions, ModelTargets } from "./model-target.ts";
import { type Attempted, sendWithRetries } from "./send-with-retries.ts";

export interface ModelClientOptions extends OriginPoolOptions, ModelTargetOptions {
  /** The largest answer that is taken. */
  readonly maxResponseBytes: number;
  /** Counts the bytes of answers. */
  readonly memory: MemoryBudget;
  /** Is called for every request that could be sent again, with whether the budget allowed it. */
  readonly onRetry?: (model: RegisteredModel, allowed: boolean) => void;
}

/** The content type of a body: JSON, or JSON followed by blocks of binary tensors. */
export type ContentType = "application/json" | "application/octet-stream";

/** A prediction on its way to a model server. */
export interface ModelRequest {
  /** Below the base address of the model. */
  readonly path: string;
  readonly contentType: ContentType;
  /** Further headers, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly cancellation: Cancellation<Error>;
  /** The call that the bytes of the answer count for. Undefined: they are not counted. */
  readonly holder: BytesHolder | undefined;
}

/** A read-only request to a model server. */
export interface ModelQuestion {
  /** Below the base address of the model. */
  readonly path: string;
  /** Sent by POST. Default: none, with GET. */
  readonly body?: Uint8Array;
  /** The authorization of the caller on whose behalf it is sent; the model's own takes precedence. Default: none. */
  readonly authorization?: string | undefined;
  readonly cancellation: Cancellation<Error>;
  /** The largest answer that is taken. Default: `maxDescriptionBytes`. */
  readonly maxBytes?: number;
  /** What the bytes of the answer count for. Default: they are not counted. */
  readonly holder?: BytesHolder | undefined;
  /** Closes the connection behind the answer. Default: false. */
  readonly closes?: boolean;
}

/** An answer to a prediction, whatever its status. */
export type ModelResponse = Attempted<ExchangeResponse>;

/** Calls model servers over HTTP/1.1, with the credentials of each. The protocol determines the content. */
export interface ModelClient {
  /**
   * Sends a prediction, again where the server cannot have begun to work on it.
   *
   * @throws RegistryError, at once where its credentials cannot be read, or the reason of the cancellation
   */
  send(model: RegisteredModel, request: ModelRequest): Promise<ModelResponse>;
  /** Asks once. @throws ExchangeFailure, RegistryError, or the reason of the cancellation */
  ask(model: RegisteredModel, question: ModelQuestion): Promise<ExchangeResponse>;
  /**
   * The TLS context of connections to a model; undefined for the defaults of Node.
   *
   * @throws UnreadableFile, RegistryError
   */
  secureContext(model: RegisteredModel): SecureContext | undefined;
  close(): Promise<void>;
}

const acceptHeaders = ["accept", "application/json", "accept-encoding", "identity"];
/** What every prediction with such a body begins with. */
const constantHeaders: Readonly<Record<ContentType, readonly string[]>> = {
  "application/json": ["content-type", "application/json", ...acceptHeaders],
  "application/octet-stream": ["content-type", "application/octet-stream", ...acceptHeaders],
};

/** @param targets shared with clients of other transports, so that what they send again counts together */
export function createModelClient(options: ModelClientOptions, targets = new ModelTargets(options)): ModelClient {
  const http1 = createHttp1Client(options);
  const { maxResponseBytes, memory, onRetry } = options;

  return {
    send(model, { path, contentType, headers, body, cancellation, holder }) {
      const target = targets.of(model);
      const { prefix, budget } = target;
      const headerList: string[] = [];
      for (const name in headers) headerList.push(name, headers[name]!);
      const authorization = target.authorization();
      if (authorization !== undefined) headerList.push("authorization", authorization);
      const request = {
        path: prefix + path,
        method: "POST",
        headers: headerList,
        constantHeaders: constantHeaders[contentType],
        body,
        maxResponseBytes,
        cancellation,
        memory,
        holder,
      } as const;
      return sendWithRetries({ model, budget, cancellation, onRetry }, () => {
        target.assertStays();
        return http1.exchange(target, request);
      });
    },

    async ask(model, question) {
      const { path, body, authorization: callers, cancellation, holder } = question;
      const { maxBytes = maxDescriptionBytes, closes = false } = question;
      const target = targets.of(model);
      target.assertStays();
      const headers = [...acceptHeaders];
      if (body !== undefined) headers.push("content-type", "application/json");
      const authorization = target.authorization() ?? callers;
      if (authorization !== undefined) headers.push("authorization", authorization);
      return http1.exchange(target, {
        path: target.prefix + path,
        method: body === undefined ? "GET" : "POST",
        headers,
        body: body ?? null,
        closes,
        maxResponseBytes: maxBytes,
        cancellation,
        memory,
        holder,
      });
    },

    secureContext: (model) => targets.of(model).tls.context(),
    close: () => http1.close(),
  };
}
