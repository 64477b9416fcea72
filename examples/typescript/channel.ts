import { setTimeout as sleep } from "node:timers/promises";
import {
  type CallOptions,
  Code,
  ConnectError,
  createClient,
  type Interceptor,
  type Transport,
} from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../../gen/grpc/health/v1/health_pb.ts";

/** Larger answers are refused; Connect's own limit is 4 GiB. */
const maxAnswerBytes = 64 * 1024 * 1024;

const maxAttempts = 4;
const firstDelayMs = 100;
const maxDelayMs = 2_000;

/**
 * Calls that fail with UNAVAILABLE are tried up to four times. Connect has no retries of its own, and reads no service
 * config, as libraries of gRPC do.
 */
const retry: Interceptor = (next) => async (request) => {
  if (request.stream) return await next(request);
  for (let attempt = 1, delayMs = firstDelayMs; ; attempt++, delayMs = Math.min(2 * delayMs, maxDelayMs)) {
    try {
      return await next(request);
    } catch (error) {
      if (attempt === maxAttempts || ConnectError.from(error).code !== Code.Unavailable) throw error;
      // Half of it by chance, so that not all clients come back at once. The deadline of the call goes on.
      const waitMs = delayMs / 2 + (Math.random() * delayMs) / 2;
      await sleep(waitMs, undefined, { signal: request.signal }).catch(() => {
        throw error;
      });
    }
  }
};

/**
 * Opens a channel, which connects with its first call, and again after it broke. It speaks gRPC; with
 * `createConnectTransport` or `createGrpcWebTransport` in place of `createGrpcTransport` nothing else changes.
 *
 * @param baseUrl `http://host:port`
 */
export function openChannel(baseUrl: string): Transport {
  return createGrpcTransport({ baseUrl, readMaxBytes: maxAnswerBytes, interceptors: [retry] });
}

/** A call has a deadline: the service passes it on to the model. */
export const inTenSeconds: CallOptions = { timeoutMs: 10_000 };

/**
 * Waits until a service says that it serves.
 *
 * @param service `kserve.registry.v1.ModelRegistry` for the server as a whole; the name of a model for that model
 */
export async function untilServing(
  channel: Transport,
  options: CallOptions = inTenSeconds,
  service = "kserve.registry.v1.ModelRegistry",
): Promise<void> {
  for await (const { status } of createClient(Health, channel).watch({ service }, options)) {
    if (status === Status.SERVING) return;
  }
}
