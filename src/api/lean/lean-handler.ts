import { Code, ConnectError } from "@connectrpc/connect";
import type { CallerReason, Pipeline } from "../../predict/pipeline.ts";
import { Cancellation } from "../../registry/cancellation.ts";
import type { Registry } from "../../registry/registry.ts";
import { type Call, upstreamHeaders } from "../call.ts";
import { toConnectError, toRegistryError } from "../error.ts";
import type { HttpRequest, HttpResponse } from "../http.ts";
import { createLeanPredict } from "./lean-predict.ts";
import { type LeanCall, leanCallOf, messageOf, overheadOf, sendFailure, sendMessage } from "./lean-protocol.ts";

export interface LeanHandlerDeps {
  readonly registry: Registry;
  readonly pipeline: Pipeline;
  readonly maxMessageBytes: number;
  /** Answers a call the general way, with what has been read of its body. */
  readonly handOver: (request: HttpRequest, response: HttpResponse, body: AsyncIterable<Uint8Array>) => void;
}

/**
 * Serves Predict without Connect's pipeline of iterables, headers and messages, which is most of the cost of a small
 * call. It takes only what it can serve exactly as Connect would: one plain message, no compressed request, a
 * well-formed deadline. Everything else, and everything that is wrong, is handed over unchanged, so there is one place
 * that judges it.
 *
 * @returns a function that takes a call, or returns false and has not touched it
 */
export function createLeanHandler(
  deps: LeanHandlerDeps,
): (request: HttpRequest, response: HttpResponse, call: Call) => boolean {
  const predict = createLeanPredict(deps.pipeline);

  const answer = async (lean: LeanCall, body: Buffer, request: HttpRequest, response: HttpResponse, call: Call) => {
    const json = lean.kind === "connect-json";
    const message = messageOf(lean.kind, body);
    const asked = message === undefined ? undefined : predict.read(message, json);
    if (asked === undefined) {
      deps.handOver(request, response, chunks([body]));
      return;
    }
    call.model = deps.registry.get(asked.name)?.name;
    const caller = new Cancellation<CallerReason>();
    const onClose = (): void => caller.cancel("CALLER_LEFT");
    response.once("close", onClose);
    try {
      const elapsedMs = performance.now() - call.startedMs;
      const answered = await predict.predict(
        asked,
        {
          access: call.access,
          headers: upstreamHeaders(call),
          authorization: request.headers.authorization,
          caller,
          timeoutMs: lean.timeoutMs === undefined ? undefined : lean.timeoutMs - elapsedMs,
        },
        json,
      );
      call.status = 0;
      await sendMessage(response, lean, answered);
    } catch (error) {
      const registryError = toRegistryError(error);
      const connectError = toConnectError(registryError);
      call.reason = registryError.reason;
      call.error = registryError;
      call.status = connectError.code;
      sendFailure(response, lean, connectError);
    } finally {
      response.off("close", onClose);
    }
  };

  return (request, response, call) => {
    const lean = leanCallOf(request);
    if (lean === undefined) return false;
    const reading = new BodyReading(request, deps.maxMessageBytes + overheadOf(lean.kind));
    const timer =
      lean.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            // The upload has outlasted the deadline.
            reading.stop();
            call.status = Code.DeadlineExceeded;
            sendFailure(response, lean, new ConnectError("the operation timed out", Code.DeadlineExceeded));
          }, lean.timeoutMs);
    reading.start(
      (body) => {
        clearTimeout(timer);
        void answer(lean, body, request, response, call);
      },
      (begun) => {
        clearTimeout(timer);
        deps.handOver(request, response, begun);
      },
      () => clearTimeout(timer),
    );
    return true;
  };
}

/** Reads a body, up to a limit. */
class BodyReading {
  readonly #request: HttpRequest;
  readonly #maxBytes: number;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  stop: () => void = () => {};

  constructor(request: HttpRequest, maxBytes: number) {
    this.#request = request;
    this.#maxBytes = maxBytes;
  }

  start(
    onWhole: (body: Buffer) => void,
    onTooLarge: (begun: AsyncIterable<Uint8Array>) => void,
    onGone: () => void,
  ): void {
    const request = this.#request;
    const onData = (chunk: Buffer): void => {
      this.#chunks.push(chunk);
      this.#size += chunk.length;
      if (this.#size <= this.#maxBytes) return;
      this.stop();
      request.pause();
      onTooLarge(chunks(this.#chunks, request));
    };
    const onEnd = (): void => {
      this.stop();
      onWhole(this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#size));
    };
    const onClose = (): void => {
      this.stop();
      onGone();
    };
    // After an error there is a close.
    const onError = (): void => {};
    this.stop = () => {
      request.off("data", onData);
      request.off("end", onEnd);
      request.off("close", onClose);
    };
    request.on("data", onData);
    request.on("end", onEnd);
    request.on("close", onClose);
    request.on("error", onError);
  }
}

async function* chunks(begun: readonly Buffer[], rest?: HttpRequest): AsyncGenerator<Uint8Array> {
  yield* begun;
  if (rest !== undefined) yield* rest as AsyncIterable<Buffer>;
}
