import { Code, ConnectError } from "@connectrpc/connect";
import { ModelRegistry, type WatchModelsResponse } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { streamMessages } from "./message-stream.ts";

/** What happens to a watch. */
export interface WatchListener {
  /** A stream begins. `resumed`: it goes on from where the one before broke, else it begins with all models. */
  onBegin(resumed: boolean): void;
  onEvents(events: readonly WatchModelsResponse[]): void;
  /** It has broken, and is tried again. */
  onBroken(error: unknown): void;
}

/** How long the next try waits, in milliseconds: at first, and at most. */
const firstWaitMs = 500;
const longestWaitMs = 10_000;

/** Where a watch goes on when it is taken up again. */
let resumeToken = "";

/** Forgets where the last watch ended: the next one begins with all models. */
export function forgetResumeToken(): void {
  resumeToken = "";
}

/** Watches the models until the signal, across broken connections and restarts of the server. */
export async function watchModels(listener: WatchListener, signal: AbortSignal): Promise<void> {
  let waitMs = firstWaitMs;
  while (!signal.aborted) {
    try {
      listener.onBegin(resumeToken !== "");
      for await (const events of streamMessages(ModelRegistry.method.watchModels, { resumeToken }, signal)) {
        if (signal.aborted) return;
        waitMs = firstWaitMs;
        for (const event of events) if (event.resumeToken !== "") resumeToken = event.resumeToken;
        listener.onEvents(events);
      }
      // A server that stops ends its streams in peace.
      throw new Error("The server ended the stream");
    } catch (error) {
      if (signal.aborted) return;
      // A server of another version may write its tokens differently.
      if (error instanceof ConnectError && error.code === Code.InvalidArgument) resumeToken = "";
      listener.onBroken(error);
    }
    await sleep(waitMs * (0.75 + Math.random() / 2), signal);
    waitMs = Math.min(waitMs * 2, longestWaitMs);
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
