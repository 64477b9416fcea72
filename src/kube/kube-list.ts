import type { IncomingMessage } from "node:http";
import { yieldIfBusy } from "../base/yield-if-busy.ts";
import type { KubeClient } from "./kube-client.ts";
import { connectionError, KubeError } from "./kube-error.ts";
import type { KubeObject } from "./kube-object.ts";

/** The size of a page: small enough that reading it holds up nobody, large enough that there are few. */
const pageSize = 250;

/** How long the transfer of a page may stall, in milliseconds. */
const silenceMs = 30_000;

/**
 * Reads a whole list page by page, and passes each object on. Returns the version of the list, from which a watch can
 * continue. When it throws, the list is incomplete.
 *
 * @throws KubeError; with status 410 when the API server has dropped the list's version between two pages
 */
export async function listAll(
  client: KubeClient,
  path: string,
  query: Readonly<Record<string, string>>,
  onObject: (object: KubeObject) => void,
  signal: AbortSignal,
): Promise<string> {
  let next: string | undefined;
  do {
    const page = await readPage(
      await client.get(path, { ...query, limit: String(pageSize), ...(next ? { continue: next } : {}) }, signal),
    );
    for (const object of page.items) {
      onObject(object);
      // Owners may write objects that take long to read, and any number of them.
      const pause = yieldIfBusy();
      if (pause !== undefined) await pause;
    }
    next = page.metadata.continue;
    if (!next) return page.metadata.resourceVersion;
  } while (!signal.aborted);
  throw new KubeError("stopped");
}

interface Page {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly KubeObject[];
}

async function readPage(response: IncomingMessage): Promise<Page> {
  const chunks: Buffer[] = [];
  response.setTimeout(silenceMs, () => response.destroy(new KubeError("the API server stopped within its answer")));
  try {
    for await (const chunk of response) chunks.push(chunk as Buffer);
  } catch (error) {
    throw connectionError(error);
  }
  let page: Partial<Page>;
  try {
    page = JSON.parse(Buffer.concat(chunks).toString()) as Page;
  } catch (error) {
    throw new KubeError("the API server answered with something that is no JSON", { cause: error });
  }
  // Any other answer with 200, such as a proxy's page, must not pass for an empty list.
  if (!Array.isArray(page.items) || !page.metadata?.resourceVersion) {
    throw new KubeError("the API server answered with something that is no list");
  }
  return page as Page;
}
