import http from "node:http";
import https from "node:https";
import type { LookupFunction } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { backoffMs } from "../base/backoff.ts";
import { formatDuration } from "../base/duration.ts";
import { hasMoreMarks } from "../base/has-more-marks.ts";
import { TransferError, type WireRecord } from "./record-source.ts";

/** How a registry is reached. */
export interface RestOptions {
  /** The address of the server, without a slash at the end. */
  readonly address: string;
  /** Certificate authorities to trust instead of the usual ones, in PEM. */
  readonly ca: Buffer | undefined;
  /** The bearer token to send, as it is now; undefined for none. */
  readonly token: () => string | undefined;
  /** How long one request may take. */
  readonly timeoutMs: number;
  /** How often it is asked again while it is away or busy, the first time included. Default: 6. */
  readonly attempts?: number;
  /** The most that one answer may be, in bytes. Default: 256 MiB. */
  readonly maxAnswerBytes?: number;
  /** Whether any certificate is accepted. Default: false. */
  readonly skipVerify?: boolean;
  /** What to do about an answer that asks for a token. */
  readonly tokenHint?: string;
  /** Resolves the name of the server, and may refuse to. Default: Node's own. */
  readonly lookup?: LookupFunction;
}

/** An answer that is not a server's fault. */
export interface RestAnswer {
  readonly status: number;
  readonly body: string;
}

/** A page of 500 records of the usual size has less than one MiB. */
const defaultMaxAnswerBytes = 256 * 1024 * 1024;
/** Objects take many times the memory of their text: a page of nothing but these would end the process. */
const maxMarks = 4 * 1024 * 1024;
/** For those that ask for single records. */
export const maxRecordBytes = 16 * 1024 * 1024;
const defaultAttempts = 6;
const defaultTokenHint = "pass a file with a token that may read everything in --token-file";
const wait = { minMs: 250, maxMs: 10_000 };
const passing: readonly number[] = [429, 502, 503, 504];

/** What paths of the API begin with: newer servers know both, older ones the second alone. */
const prefixes = ["/api/model_registry/v1", "/api/model_registry/v1alpha3"] as const;

/** Reads JSON of a registry. A server that is away or busy for a moment is asked again. */
export class RestClient {
  readonly concurrency = 8;
  readonly #options: RestOptions;
  readonly #agent: http.Agent;
  #prefix: string | undefined;

  constructor(options: RestOptions) {
    this.#options = options;
    const { ca, skipVerify = false } = options;
    this.#agent = options.address.startsWith("https:")
      ? new https.Agent({
          keepAlive: true,
          maxSockets: this.concurrency,
          rejectUnauthorized: !skipVerify,
          ...(ca === undefined ? {} : { ca }),
        })
      : new http.Agent({ keepAlive: true, maxSockets: this.concurrency });
  }

  /** @throws TransferError for any answer but one with 200 */
  async json(path: string, signal: AbortSignal): Promise<WireRecord> {
    const found = await this.find(path, signal);
    if (found !== undefined) return found;
    throw new TransferError(`${this.#where(path)} answered 404: there is no such record or path`);
  }

  /** The same; undefined for an answer with 404. */
  async find(path: string, signal: AbortSignal): Promise<WireRecord | undefined> {
    const answer = await this.get(path, signal);
    return answer.status === 404 ? undefined : this.#read(path, answer);
  }

  /** What the paths of this registry begin with: found out by the first call, and known from then on. */
  async prefix(signal: AbortSignal): Promise<string> {
    this.#prefix ??= await this.#findPrefix(signal);
    return this.#prefix;
  }

  async #findPrefix(signal: AbortSignal): Promise<string> {
    for (const prefix of prefixes) {
      const path = `${prefix}/registered_models?pageSize=1`;
      const answer = await this.get(path, signal);
      // Servers answer 404 for a version of the API that they do not have, and 410 for one that has ended.
      if (answer.status === 404 || answer.status === 410) continue;
      this.#read(path, answer);
      return prefix;
    }
    throw new TransferError(`there is no model registry at this address: neither ${prefixes.join(" nor ")} is there`);
  }

  #read(path: string, answer: RestAnswer): WireRecord {
    if (answer.status !== 200) throw this.failure("GET", path, answer);
    if (hasMoreMarks(answer.body, maxMarks)) {
      throw new TransferError(`${this.#where(path)} answers with more than ${maxMarks} values`);
    }
    try {
      const value: unknown = JSON.parse(answer.body);
      if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as WireRecord;
    } catch {
      // Said below.
    }
    throw new TransferError(
      `${this.#where(path)} answered with something other than a JSON object; is it a model registry?`,
    );
  }

  /** An answer of any status but those that pass by themselves. */
  async get(path: string, signal: AbortSignal): Promise<RestAnswer> {
    for (let failures = 1; ; failures++) {
      let problem: string;
      let retryAfterMs = 0;
      try {
        const { headers, ...answer } = await this.#once(path, signal);
        if (!passing.includes(answer.status)) return answer;
        const words = messageOf(answer.body);
        problem = `answered ${answer.status}${words && `: ${words}`}`;
        retryAfterMs = Math.min((Number(headers["retry-after"]) || 0) * 1000, wait.maxMs);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof TransferError) throw error;
        problem = this.#words(error);
      }
      if (failures >= (this.#options.attempts ?? defaultAttempts))
        throw new TransferError(`${this.#where(path)} ${problem}`);
      await sleep(Math.max(retryAfterMs, backoffMs(failures, wait)), undefined, { signal });
    }
  }

  /** Writes once: nobody knows whether a request without an answer was carried out. */
  async send(method: "POST" | "PATCH", path: string, body: object, signal: AbortSignal): Promise<RestAnswer> {
    try {
      return await this.#once(path, signal, method, JSON.stringify(body));
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof TransferError) throw error;
      throw new TransferError(`${this.#where(path, method)} ${this.#words(error)}`);
    }
  }

  /** An answer that is none of those which a caller expects, as an error. */
  failure(method: string, path: string, { status, body }: RestAnswer): TransferError {
    const hint =
      status === 401 || status === 403
        ? `; ${this.#options.tokenHint ?? defaultTokenHint}`
        : status >= 300 && status < 400
          ? "; redirects are not followed: give the address that it leads to"
          : "";
    const words = messageOf(body);
    return new TransferError(`${this.#where(path, method)} answered ${status}${words && `: ${words}`}${hint}`);
  }

  close(): void {
    this.#agent.destroy();
  }

  #once(
    path: string,
    signal: AbortSignal,
    method = "GET",
    body?: string,
  ): Promise<RestAnswer & { readonly headers: http.IncomingHttpHeaders }> {
    const { address, timeoutMs } = this.#options;
    const token = this.#options.token();
    const url = new URL(address + path);
    const { request } = url.protocol === "https:" ? https : http;
    return new Promise((resolve, reject) => {
      const sent = request(
        url,
        {
          method,
          agent: this.#agent,
          ...(this.#options.lookup === undefined ? {} : { lookup: this.#options.lookup }),
          signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
          headers: {
            accept: "application/json",
            "user-agent": "kserve-model-registry",
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
            ...(body === undefined ? {} : { "content-type": "application/json" }),
          },
        },
        (response) => {
          const { maxAnswerBytes = defaultMaxAnswerBytes } = this.#options;
          const pieces: Buffer[] = [];
          let bytes = 0;
          response.on("data", (piece: Buffer) => {
            bytes += piece.byteLength;
            pieces.push(piece);
            if (bytes > maxAnswerBytes) {
              sent.destroy(new TransferError(`${this.#where(path)} answers with more than ${maxAnswerBytes} bytes`));
            }
          });
          response.on("error", reject);
          response.on("end", () => {
            const body = Buffer.concat(pieces).toString();
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
          });
        },
      );
      sent.on("error", reject);
      sent.end(body);
    });
  }

  /** What went wrong behind the name of a request that has no answer. */
  #words(error: unknown): string {
    const { name, code, message } = error as NodeJS.ErrnoException;
    if (name === "AbortError" || name === "TimeoutError") {
      return `was not answered within ${formatDuration(this.#options.timeoutMs)}`;
    }
    if (message === "aborted") return "was answered in part: the connection broke off";
    return `cannot be reached: ${message || code}`;
  }

  #where(path: string, method = "GET"): string {
    return `${method} ${this.#options.address}${path.length > 120 ? `${path.slice(0, 120)}...` : path}`;
  }
}

/** What an error says, without the form that it has. */
function messageOf(body: string): string {
  let text = body;
  try {
    const { message } = JSON.parse(body) as { readonly message?: unknown };
    if (typeof message === "string") text = message;
  } catch {
    // It is text already.
  }
  return text.trim().slice(0, 300);
}
