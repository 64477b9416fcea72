import { useSyncExternalStore } from "react";
import { pagePath } from "../base-path.ts";
import { currentToken, onToken } from "../session/token.ts";
import { type LiveModels, type LiveStatus, ModelStore } from "./model-store.ts";
import { followLeader, lead } from "./tab-channel.ts";
import { forgetResumeToken, watchModels } from "./watch-stream.ts";

/**
 * One stream of models for all tabs: a browser has six connections over HTTP/1.1, and each open watch holds one. The tab
 * that holds a lock watches and tells the others; a tab that is hidden gives the lock away. Tabs with a pasted token may
 * see other models than the rest, and browsers without locks (pages over plain HTTP) cannot agree: those watch on their
 * own while they are visible.
 */
const modelStore = new ModelStore();

const lockName = `kserve-models ${pagePath}`;
let running: AbortController | undefined;

/** Begins to watch, and keeps watching while the tab is visible. */
export function startLiveModels(): void {
  const restart = (): void => {
    running?.abort();
    running = undefined;
    if (document.visibilityState === "hidden") return;
    running = new AbortController();
    void run(running.signal);
  };
  document.addEventListener("visibilitychange", restart);
  onToken(() => {
    // Somebody else may be there now, who sees other models.
    forgetResumeToken();
    modelStore.replace([], { kind: "loading" });
    restart();
  });
  restart();
}

async function run(signal: AbortSignal): Promise<void> {
  if (currentToken() !== "" || navigator.locks === undefined) {
    await watch(signal, () => {});
    return;
  }
  const stopFollowing = followLeader(modelStore);
  signal.addEventListener("abort", stopFollowing);
  await navigator.locks
    .request(lockName, { signal }, async () => {
      stopFollowing();
      const leader = lead(modelStore);
      try {
        await watch(signal, leader.tell);
      } finally {
        leader.close();
      }
    })
    // The tab was hidden before its turn came.
    .catch(() => {});
}

function watch(
  signal: AbortSignal,
  tell: (events: Parameters<ModelStore["apply"]>[0] | undefined) => void,
): Promise<void> {
  return watchModels(
    {
      onBegin: (resumed) => {
        if (!resumed) modelStore.expectAll();
      },
      onEvents: (events) => {
        modelStore.apply(events);
        tell(events);
      },
      onBroken: (error) => {
        modelStore.setStatus({ kind: "broken", error });
        tell(undefined);
      },
    },
    signal,
  );
}

/** The models as they are now, and a new look at every change. */
export function useLiveModels(): LiveModels {
  return useSyncExternalStore(modelStore.subscribe, modelStore.current);
}

/** How the stream of models is, for what shows none of them. */
export function useLiveStatus(): LiveStatus {
  return useSyncExternalStore(modelStore.subscribe, () => modelStore.current().status);
}

export function useHasModels(): boolean {
  return useSyncExternalStore(modelStore.subscribe, () => modelStore.current().models.length > 0);
}
