import { setTimeout as sleep } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { durationMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema, RetryInfoSchema } from "../../../gen/google/rpc/error_details_pb.ts";
import {
  WatchEvent,
  type WatchModelsResponse,
  WatchModelsResponseSchema,
} from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import type { filterFields } from "../model-filter.ts";
import { failureOfCall } from "./call-failure.ts";
import { createRegistryClient } from "./client.ts";
import type { ClientOptions } from "./client-options.ts";

const firstDelayMs = 500;
const longestDelayMs = 30_000;
/** However long a server asks for. A timer of more than 24 days would fire at once. */
const maxAskedDelayMs = 3_600_000;

/** What to follow, and what to call with each change. */
export interface FollowOptions {
  readonly client: ClientOptions;
  readonly filter: ReturnType<typeof filterFields>;
  /** Ends the following. */
  readonly signal: AbortSignal;
  /** Called each time that the server is gone, with why, and when it is tried again. */
  readonly onLost: (words: string, delayMs: number) => void;
  /** Called when the server is back. */
  readonly onBack: () => void;
}

/**
 * The events of a watch, over as many connections as it takes: when the server goes away, it goes on from the last
 * resume token. Where that cannot be, a RESET says to forget what was there.
 *
 * @throws Failure when the first connection gives no event; a server that has answered before is waited for
 */
export async function* followModels(options: FollowOptions): AsyncGenerator<WatchModelsResponse> {
  const { signal } = options;
  let resumeToken = "";
  let heardBefore = false;
  for (let losses = 0; ; losses++) {
    let error: unknown;
    let first = true;
    try {
      for await (const event of watchOnce(options, resumeToken)) {
        if (first && losses > 0) options.onBack();
        // Without a token the server sends everything as if nobody had heard of it before.
        if (first && heardBefore && resumeToken === "" && event.event !== WatchEvent.RESET) yield resetEvent();
        first = false;
        losses = 0;
        heardBefore = true;
        if (event.resumeToken !== "") resumeToken = event.resumeToken;
        yield event;
      }
    } catch (thrown) {
      error = thrown;
    }
    if (signal.aborted) return;
    const connectError = ConnectError.from(error ?? "the server ended the watch");
    if (!heardBefore) throw failureOfCall(connectError, options.client);
    // A server of another version may write its tokens in another way.
    if (connectError.code === Code.InvalidArgument) resumeToken = "";
    const delayMs = delayBefore(losses, connectError);
    options.onLost(lossWords(connectError, !first, options.client), delayMs);
    await sleep(delayMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
  }
}

/** One connection. The first event must come within the timeout of a call; then it may take as long as it likes. */
async function* watchOnce(options: FollowOptions, resumeToken: string): AsyncGenerator<WatchModelsResponse> {
  const { client, close } = createRegistryClient(options.client);
  const opening = new AbortController();
  const timer = setTimeout(() => opening.abort(), options.client.timeoutMs);
  try {
    const signal = AbortSignal.any([options.signal, opening.signal]);
    for await (const event of client.watchModels({ ...options.filter, resumeToken }, { signal, timeoutMs: 0 })) {
      clearTimeout(timer);
      yield event;
    }
  } catch (error) {
    throw opening.signal.aborted ? new ConnectError("no answer in time", Code.DeadlineExceeded) : error;
  } finally {
    clearTimeout(timer);
    close();
  }
}

/** What went wrong, without what to do about it and without a full stop. */
function lossWords(error: ConnectError, wasOpen: boolean, client: ClientOptions): string {
  // Whatever broke the connection, there was nothing wrong with how it was made.
  if (wasOpen && error.findDetails(ErrorInfoSchema).length === 0) {
    return `The connection to the server at ${client.address} was lost`;
  }
  return failureOfCall(error, client).message.split("\n", 1)[0]!.replace(/\.$/, "");
}

function resetEvent(): WatchModelsResponse {
  return create(WatchModelsResponseSchema, { event: WatchEvent.RESET });
}

/** Doubles each time; half of it is left to chance, so that many watchers do not come back at once. */
function delayBefore(losses: number, error: ConnectError): number {
  const [retry] = error.findDetails(RetryInfoSchema);
  const asked = retry?.retryDelay === undefined ? 0 : durationMs(retry.retryDelay);
  const longest = Math.min(firstDelayMs * 2 ** losses, longestDelayMs);
  return Math.min(Math.max(asked, longest / 2), maxAskedDelayMs) + (Math.random() * longest) / 2;
}
