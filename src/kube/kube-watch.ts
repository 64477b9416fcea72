import { StringDecoder } from "node:string_decoder";
import { yieldIfBusy } from "../base/yield-if-busy.ts";
import type { KubeClient } from "./kube-client.ts";
import { connectionError, KubeError } from "./kube-error.ts";
import type { KubeObject } from "./kube-object.ts";

/** One line of a watch. A bookmark has no object, only the version that the watch has come to. */
export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: KubeObject;
}

/** How a watch is watched over. */
export interface WatchLimits {
  /** When the API server is to close the watch in good order, so that it does not stay with one server for ever. */
  readonly timeoutMs: number;
  /**
   * A watch without a sign of life for this long is given up. The API server sends a bookmark about once a minute, so
   * this says that it hangs, or that something on the way keeps the connection and loses what comes over it.
   */
  readonly silenceMs: number;
}

/**
 * Follows the changes of a list from a version on. Ends when the API server closes the watch in good order.
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
    throw new KubeError("the API server sent an event that is no JSON", { cause: error });
  }
  // The head said 200 long ago: what goes wrong later comes as an event with a Status in it.
  if (event.type === "ERROR") {
    const { code, message, details } = event.object ?? {};
    throw new KubeError(message ?? "unknown", {
      status: code ?? 500,
      ...(details?.retryAfterSeconds ? { retryAfterMs: details.retryAfterSeconds * 1000 } : {}),
    });
  }
  return event as unknown as WatchEvent;
}
