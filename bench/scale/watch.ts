import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { ModelRegistry, WatchEvent } from "../../gen/kserve/registry/v1/model_registry_pb.ts";

/** A watch of all models, which shows when a description came to be served. */
export interface Watch {
  /** Resolves once every current model has come. */
  readonly synced: Promise<void>;
  stop(): Promise<void>;
}

/** Watches the models of a service. A model is served by the time that its watchers hear of it. */
export function watchDescriptions(url: string, onDescription: (description: string) => void): Watch {
  const client = createClient(ModelRegistry, createConnectTransport({ baseUrl: url, httpVersion: "2" }));
  const stopping = new AbortController();
  const synced = Promise.withResolvers<void>();
  const follow = async (): Promise<void> => {
    for await (const { event, model } of client.watchModels({}, { signal: stopping.signal })) {
      if (event === WatchEvent.SYNCED) synced.resolve();
      else if (model !== undefined) onDescription(model.description);
    }
  };
  const ended = follow().catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });
  return {
    synced: synced.promise,
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}
