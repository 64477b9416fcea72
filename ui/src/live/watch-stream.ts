import { createClient } from "@connectrpc/connect";
import {
  ModelRegistry,
  WatchEvent,
  type WatchModelsResponse,
} from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { transport } from "../transport.ts";

/** What happens to a watch. */
export interface WatchListener {
  /** A stream begins. `resumed`: it goes on from where the one before broke, else it begins with all models. */
  onBegin(resumed: boolean): void;
  onEvents(events: readonly WatchModelsResponse[]): void;
  /** It has broken, and is tried again. */
  onBroken(error: unknown): void;
}

/** How many events are passed on at once, and how long the first of them waits, in milliseconds. */
const batchSize = 1000;
const batchMs = 50;
/** The client library keeps something of every message until its stream ends: after so many changes it is taken up anew. */
const maxChanges = 10_000;
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
  const client = createClient(ModelRegistry, transport);
  let waitMs = firstWaitMs;
  while (!signal.aborted) {
    try {
      listener.onBegin(resumeToken !== "");
      let batch: WatchModelsResponse[] = [];
      let timer: ReturnType<typeof setTimeout> | undefined;
      let synced = false;
      let changes = 0;
      const flush = (): void => {
        clearTimeout(timer);
        timer = undefined;
        if (batch.length > 0 && !signal.aborted) listener.onEvents(batch);
        batch = [];
      };
      try {
        for await (const event of client.watchModels({ resumeToken }, { signal })) {
          batch.push(event);
          if (event.resumeToken !== "") resumeToken = event.resumeToken;
          waitMs = firstWaitMs;
          // Once all models are there nothing is waited for.
          const isSynced = event.event === WatchEvent.SYNCED;
          if (batch.length >= batchSize || isSynced) flush();
          else timer ??= setTimeout(flush, batchMs);
          // What a stream begins with does not count: one that begins with all models would never end.
          changes = isSynced && !synced ? 0 : changes + 1;
          synced ||= isSynced;
          if (changes >= maxChanges && event.resumeToken !== "") break;
        }
      } finally {
        flush();
      }
      if (changes >= maxChanges) continue;
      // A server that stops ends its streams in peace.
      throw new Error("The server ended the stream");
    } catch (error) {
      if (signal.aborted) return;
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
