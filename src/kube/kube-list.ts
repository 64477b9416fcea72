import type { IncomingMessage } from "node:http";
import { yieldIfBusy } from "../base/yield-if-busy.ts";
import type { KubeClient } from "./kube-client.ts";
import { connectionError, KubeError } from "./kube-error.ts";
import type { KubeObject } from "./kube-object.ts";
import { ListItems, notAList } from "./list-items.ts";
import { parsedAnswer } from "./object-answer.ts";

/** The size of a page: small enough that reading it holds up nobody, large enough that there are few. */
const pageSize = 250;

/** The time limits of a page, after the head of its answer. */
export interface PageLimits {
  /** How long its transfer may stall. Default: 30 s. */
  readonly silenceMs: number;
  /** How long it may take in all. Default: five minutes; API servers end requests other than watches after one. */
  readonly timeoutMs: number;
}

const defaultLimits: PageLimits = { silenceMs: 30_000, timeoutMs: 300_000 };

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
  limits = defaultLimits,
): Promise<string> {
  let next: string | undefined;
  do {
    const { metadata } = await readPage(
      await client.get(path, { ...query, limit: String(pageSize), ...(next ? { continue: next } : {}) }, signal),
      onObject,
      limits,
    );
    next = metadata.continue;
    if (!next) return metadata.resourceVersion;
  } while (!signal.aborted);
  throw new KubeError("stopped");
}

/** A page without its items. */
interface Page {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
}

/** Passes on each object of a page as it arrives: owners write objects of a megabyte, and any number of them. */
async function readPage(
  response: IncomingMessage,
  onObject: (object: KubeObject) => void,
  { silenceMs, timeoutMs }: PageLimits,
): Promise<Page> {
  const items = new ListItems();
  response.setTimeout(silenceMs, () => response.destroy(new KubeError("the API server stopped within its answer")));
  const late = new KubeError(`a page of the list takes longer than ${timeoutMs / 1000}s`);
  const timer = setTimeout(() => response.destroy(late), timeoutMs);
  try {
    for await (const chunk of response) {
      for (const text of items.take(chunk as Buffer)) {
        onObject(parsedAnswer(text) as KubeObject);
        const pause = yieldIfBusy();
        if (pause !== undefined) await pause;
      }
    }
  } catch (error) {
    throw connectionError(error);
  } finally {
    clearTimeout(timer);
  }
  const page = parsedAnswer(items.envelope) as Partial<Page> & { readonly items?: unknown };
  if (!Array.isArray(page?.items) || !page.metadata?.resourceVersion) throw notAList();
  return page as Page;
}
