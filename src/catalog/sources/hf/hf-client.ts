import { setTimeout as sleep } from "node:timers/promises";

/** Why the API could not be read, in words that may be shown: without tokens and without the text of answers. */
export class HfFailure extends Error {
  /** When to try again at the earliest, in milliseconds from now; undefined when the hub does not say. */
  readonly retryAfterMs: number | undefined;
  /** Whether the request itself is wrong, so that trying again does not help. */
  readonly isFinal: boolean;

  constructor(message: string, options: { retryAfterMs?: number | undefined; isFinal?: boolean } = {}) {
    super(message);
    this.retryAfterMs = options.retryAfterMs;
    this.isFinal = options.isFinal ?? false;
  }
}

export interface HfClientOptions {
  /** The base address, without a slash at the end. */
  readonly url: string;
  /** Read again for each request; undefined: none is sent. */
  readonly token: () => string | undefined;
  /** How long one answer may take. Default: 10 s. */
  readonly timeoutMs?: number;
}

/** One answer, and the address of the next page. */
export interface HfPage {
  readonly value: unknown;
  readonly next: string | undefined;
}

const maxAnswerBytes = 8 * 1024 ** 2;

/** The shortest and longest wait of a throttled call before it is sent again, and how many attempts there are. */
const throttled = { minMs: 100, maxMs: 30_000, attempts: 4 } as const;

/** A client of a model hub's API that bounds everything it reads. */
export class HfClient {
  readonly #options: HfClientOptions;

  constructor(options: HfClientOptions) {
    this.#options = options;
  }

  /**
   * Gets a page, and tries again while the server asks to wait.
   *
   * @param path below the base address, or the whole address of a next page
   * @throws HfFailure
   */
  async get(path: string, signal: AbortSignal): Promise<HfPage> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#getOnce(path, signal);
      } catch (error) {
        if (!(error instanceof HfFailure) || error.retryAfterMs === undefined) throw error;
        if (attempt === throttled.attempts || error.retryAfterMs > throttled.maxMs) throw error;
        await sleep(Math.max(error.retryAfterMs, throttled.minMs), undefined, { signal, ref: false }).catch(() => {
          throw new HfFailure("the server is stopping");
        });
      }
    }
  }

  async #getOnce(path: string, signal: AbortSignal): Promise<HfPage> {
    const { url, token, timeoutMs = 10_000 } = this.#options;
    const address = new URL(path.startsWith("http") ? path : `${url}${path}`);
    // A next page of another origin would get the token.
    if (address.origin !== new URL(url).origin)
      throw new HfFailure("the next page is at another address", { isFinal: true });
    const secret = token();
    let response: Response;
    try {
      response = await fetch(address, {
        headers: { accept: "application/json", ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }) },
        redirect: "manual",
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      });
      if (response.status !== 200) {
        await response.body?.cancel();
        throw failureOf(response);
      }
      const value = JSON.parse(await readText(response)) as unknown;
      return { value, next: nextOf(response.headers.get("link")) };
    } catch (error) {
      if (error instanceof HfFailure) throw error;
      if (error instanceof SyntaxError) throw new HfFailure("it answered with something other than JSON");
      const { name, cause } = error as Error & { cause?: { code?: string } };
      throw new HfFailure(
        name === "TimeoutError"
          ? `it did not answer within ${timeoutMs} ms`
          : `it cannot be reached (${cause?.code ?? name})`,
      );
    }
  }
}

function failureOf({ status, headers }: Response): HfFailure {
  if (status === 429 || status === 503) {
    return new HfFailure(`it asks to wait (${status})`, { retryAfterMs: retryAfterMs(headers.get("retry-after")) });
  }
  if (status === 401 || status === 403)
    return new HfFailure(`it does not accept the token (${status})`, { isFinal: true });
  if (status === 404) return new HfFailure("there is no such model (404)", { isFinal: true });
  return new HfFailure(`it answered with ${status}`, { isFinal: status < 500 });
}

function retryAfterMs(text: string | null): number {
  if (text === null) return 1000;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? 1000 : Math.max(0, date - Date.now());
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > maxAnswerBytes)
      throw new HfFailure(`its answer has more than ${maxAnswerBytes} bytes`, { isFinal: true });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The address behind `rel="next"` of a Link header (RFC 8288). */
function nextOf(link: string | null): string | undefined {
  return /<([^<>]{1,2048})>\s*;[^,]*\brel="?next"?/.exec(link ?? "")?.[1];
}
