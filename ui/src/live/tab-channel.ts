import type { Model } from "../../../gen/kserve/registry/v1/model_pb.ts";
import type { WatchModelsResponse } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { pagePath } from "../base-path.ts";
import type { ModelStore } from "./model-store.ts";

/** What tabs tell each other. */
type Message =
  /** A tab asks the one that watches for everything. */
  | { readonly kind: "hello" }
  | { readonly kind: "all"; readonly models: readonly Model[]; readonly live: boolean }
  | { readonly kind: "events"; readonly events: readonly WatchModelsResponse[] }
  | { readonly kind: "broken"; readonly message: string };

const open = (): BroadcastChannel => new BroadcastChannel(`kserve-models ${pagePath}`);

/** Keeps the models of this tab as the tab that watches has them. Returns what ends it. */
export function followLeader(store: ModelStore): () => void {
  const channel = open();
  let complete = false;
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if (data.kind === "all") {
      complete = data.live;
      store.replace(data.models, { kind: data.live ? "live" : "loading" });
    } else if (data.kind === "events") {
      // Events mean nothing to who does not have what they change.
      if (complete) store.apply(data.events);
      else channel.postMessage({ kind: "hello" } satisfies Message);
    } else if (data.kind === "broken") {
      store.setStatus({ kind: "broken", error: new Error(data.message) });
    }
  };
  channel.postMessage({ kind: "hello" } satisfies Message);
  return () => channel.close();
}

/** Tells the other tabs what this one hears. `tell` takes events, or undefined when the stream has broken. */
export function lead(store: ModelStore): {
  tell(events: readonly WatchModelsResponse[] | undefined): void;
  close(): void;
} {
  const channel = open();
  const sendAll = (): void => {
    const { models } = store.current();
    channel.postMessage({ kind: "all", models, live: store.status.kind === "live" } satisfies Message);
  };
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    // What has just come reaches views, and so other tabs, a moment later.
    if (data.kind === "hello") setTimeout(sendAll, 150);
  };
  return {
    tell: (events) => {
      const { status } = store;
      if (events !== undefined) channel.postMessage({ kind: "events", events } satisfies Message);
      else if (status.kind === "broken") {
        channel.postMessage({ kind: "broken", message: String(status.error) } satisfies Message);
      }
    },
    close: () => channel.close(),
  };
}
