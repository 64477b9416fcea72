import type { Model } from "../../../gen/kserve/registry/v1/model_pb.ts";
import type { WatchModelsResponse } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { pagePath } from "../base-path.ts";
import type { ModelStore } from "./model-store.ts";

/** What tabs tell each other. */
type Message =
  /** A tab asks the one that watches for everything. */
  | { readonly kind: "hello" }
  /** A tab begins to watch. */
  | { readonly kind: "lead" }
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
    } else if (data.kind === "lead") {
      channel.postMessage({ kind: "hello" } satisfies Message);
    } else if (data.kind === "broken") {
      store.setStatus({ kind: "broken", error: new Error(data.message) });
    }
  };
  channel.postMessage({ kind: "hello" } satisfies Message);
  return () => channel.close();
}

/** How long tabs that ask for everything are waited for, in milliseconds: they come together when a browser starts. */
const gatherMs = 100;

/**
 * Tells the other tabs what this one hears, once there are any: to copy ten thousand models for nobody takes a while. `tell`
 * takes events, or undefined when the stream has broken.
 */
export function lead(store: ModelStore): {
  tell(events: readonly WatchModelsResponse[] | undefined): void;
  close(): void;
} {
  const channel = open();
  const post = (message: Message): void => channel.postMessage(message);
  let hasFollowers = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tellBroken = (): void => {
    const { status } = store;
    if (status.kind === "broken") post({ kind: "broken", message: String(status.error) });
  };
  const sendAllSoon = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      const models = store.all();
      if (models === undefined) {
        sendAllSoon();
        return;
      }
      post({ kind: "all", models, live: store.status.kind === "live" });
      tellBroken();
    }, gatherMs);
  };
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if (data.kind !== "hello") return;
    hasFollowers = true;
    sendAllSoon();
  };
  post({ kind: "lead" });
  return {
    tell: (events) => {
      if (!hasFollowers) return;
      if (events === undefined) tellBroken();
      // What comes until then is among all.
      else if (timer === undefined) post({ kind: "events", events });
    },
    close: () => {
      clearTimeout(timer);
      channel.close();
    },
  };
}
