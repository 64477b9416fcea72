import { useSyncExternalStore } from "react";

/**
 * The namespace that is chosen in Kubeflow's dashboard, where the page is in its frame; empty while none is, or all are. It
 * narrows down what is shown and is no right: what a person may see, the server decides.
 */
let namespace = "";
const listeners = new Set<() => void>();

/** A DNS label: whatever else is sent is not a namespace. */
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Listens to the page that has this one in its frame, which the policy of the page lets only its own origin be. */
export function followDashboard(onNamespace: (namespace: string) => void): void {
  if (window.parent === window) return;
  window.addEventListener("message", ({ source, origin, data }: MessageEvent<unknown>) => {
    if (source !== window.parent || origin !== location.origin) return;
    const chosen = namespaceOf(data);
    if (chosen === undefined || chosen === namespace) return;
    namespace = chosen;
    for (const listener of listeners) listener();
    onNamespace(namespace);
  });
  window.parent.postMessage({ type: "iframe-connected" }, location.origin);
}

/** What a message of the dashboard says; undefined where it is about something else. */
function namespaceOf(data: unknown): string | undefined {
  const { type, value } = (typeof data === "object" && data !== null ? data : {}) as {
    type?: unknown;
    value?: unknown;
  };
  if (type === "all-namespaces") return "";
  return type === "namespace-selected" && typeof value === "string" && label.test(value) ? value : undefined;
}

export function dashboardNamespace(): string {
  return namespace;
}

/** The namespace, and a new look whenever another one is chosen. */
export function useDashboardNamespace(): string {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, dashboardNamespace);
}
