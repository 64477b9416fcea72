import { useSyncExternalStore } from "react";

/**
 * The token that a person has pasted. It is kept in memory alone: gone with the tab, and never written anywhere. Behind a
 * proxy that signs people in there is none, for the proxy adds it to each call.
 */
let token = "";
const listeners = new Set<() => void>();

export function currentToken(): string {
  return token;
}

export function setToken(value: string): void {
  token = value.trim().replace(/^bearer\s+/i, "");
  for (const listener of listeners) listener();
}

export function onToken(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The token, and a new look whenever it changes. */
export function useToken(): string {
  return useSyncExternalStore(onToken, currentToken);
}
