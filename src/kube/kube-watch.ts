import { StringDecoder } from "node:string_decoder";
import { yieldIfBusy } from "../base/yield-if-busy.ts";
import type { KubeClient } from "./kube-client.ts";
import { connectionError, KubeError } from "./kube-error.ts";
import type { KubeObject } from "./kube-object.ts";
import { maxObjectBytes } from "./list-items.ts";

/** One line of a watch. A bookmark has no object, only the version that the watch has reached. */
export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: KubeObject;
}

/** The time limits of a watch. */
export interface WatchLimits {
  /** After how long the API server should end the watch, so that it does not stay with one server forever. */
  readonly timeoutMs: number;
  /**
   * A watch that is silent for this long is given up. The API server sends a bookmark about once a minute, so silence
   * means that it hangs, or that something in between keeps the connection and drops its data.
   */
  readonly silenceMs: number;
}

/**
 * Follows the changes of a list from a version on. Ends when the API server ends the watch without an error.
 *
 * @param onOpen called once the API server has accepted the watch
 * @throws KubeError; with status 410 when the version is too old, and the list has to be read again
 */
export async function watchFrom(
  client: KubeClient,
  path: string,
  query: Readonly<Record<string, string>>,
  version: string,
  limits: WatchLimits,
  onOpen: () => void,
  onEvent: (event: WatchEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const response = await client.get(
    path,
    {
      ...query,
      watch: "1",
      allowWatchBookmarks: "true",
      resourceVersion: version,
      timeoutSeconds: String(Math.ceil(limits.timeoutMs / 1000)),
    },
    signal,
  );
  onOpen();
  const silent = new KubeError(`nothing came from the API server for ${limits.silenceMs / 1000}s`);
  const timer = setTimeout(() => response.destroy(silent), limits.silenceMs);
  const decoder = new StringDecoder();
  let rest = "";
  try {
    for await (const chunk of response) {
      timer.refresh();
      const lines = (rest + decoder.write(chunk as Buffer)).split("\n");
      rest = lines.pop()!;
      if (rest.length > maxObjectBytes) throw new KubeError("the API server sent an event that does not end");
      for (const line of lines) {
        if (line !== "") onEvent(eventOf(line));
        const pause = yieldIfBusy();
        if (pause !== undefined) await pause;
      }
    }
  } catch (error) {
    throw connectionError(error);
  } finally {
    clearTimeout(timer);
    response.destroy();
  }
}

function eventOf(line: string): WatchEvent {
  let event: { type?: string; object?: { code?: number; message?: string; details?: { retryAfterSeconds?: number } } };
  try {
    event = JSON.parse(line);
  } catch (error) {
    throw new KubeError("the API server sent an event that is not JSON", { cause: error });
  }
  // The status 200 was sent long ago: later errors arrive as an event with a Status.
  if (event.type === "ERROR") {
    const { code, message, details } = event.object ?? {};
    throw new KubeError(message ?? "unknown", {
      status: code ?? 500,
      ...(details?.retryAfterSeconds ? { retryAfterMs: details.retryAfterSeconds * 1000 } : {}),
    });
  }
  return event as unknown as WatchEvent;
}
