import type { IncomingMessage } from "node:http";
import { yieldIfBusy } from "../base/yield-if-busy.ts";
import type { KubeClient } from "./kube-client.ts";
import { connectionError, KubeError } from "./kube-error.ts";
import type { KubeObject } from "./kube-object.ts";

/** One page of a list: small enough that reading it stalls nobody, large enough that there are few. */
const pageSize = 250;

/** How long nothing may come of a page under way. */
const silenceMs = 30_000;

/**
 * Reads a whole list, page by page, and hands over each object. Returns the version of the list, which a watch goes on
 * from. When it throws the list is not complete, and what was handed over is not all.
 *
 * @throws KubeError; with status 410 when the API server has forgotten the list between two pages
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
      // An owner may write what takes long to read, in as many objects as they like.
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
  // Anything else that says 200, such as a proxy's page, must not pass for a list without models.
  if (!Array.isArray(page.items) || !page.metadata?.resourceVersion) {
    throw new KubeError("the API server answered with something that is no list");
  }
  return page as Page;
}
