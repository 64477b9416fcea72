import { UnreadableFile } from "../../base/cached-file.ts";
import { badAnswer } from "../../registry/bad-answer.ts";
import { metadataOf, type RegisteredModel } from "../../registry/model.ts";
import { bodyExcerpt, modelWords } from "../../registry/model-words.ts";
import { RegistryError } from "../../registry/registry-error.ts";
import { UnknownEncoding } from "./answer-encoding.ts";
import type { ExchangeFailure, ExchangeResponse } from "./exchange.ts";
import { type StatusMeaning, statusMeaning, wrongPath } from "./status-meaning.ts";

/** When to try again where the model server does not say. */
const defaultRetryAfterMs = 1000;
const maxRetryAfterMs = 60_000;

/**
 * Messages for requests that no model has seen: KServe's before it passes a request to the model, and Envoy's where
 * there was no server to pass it to. Any other 503 of a gateway may come after it has passed the request on.
 */
const neverBegun =
  /is not ready|has no available versions|no healthy upstream|reset reason: (?:remote |local )?connection (?:failure|timeout)/i;

/** Error codes of the system when this process may open no more connections. */
const ownLimits: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EADDRNOTAVAIL"]);

/** What a protocol advises where it alone knows what to do. */
export interface ProtocolHints {
  /** What a status means where its words say more than it does itself. */
  readonly meaningOf?: (status: number, words: string) => StatusMeaning | undefined;
  /** What of the words of a server is for callers. Default: all. */
  readonly shown?: (words: string) => string;
  /** For a server that has nothing under the path of the model, by what it says. */
  readonly pathHint: (words: string, model: RegisteredModel) => string;
}

/** Turns an HTTP answer that is not 200 or 201 into an error with the model's own words. */
export function errorFromStatus(
  model: RegisteredModel,
  { status, retryAfter, location, body, attempts }: ExchangeResponse & { readonly attempts: number },
  protocol: ProtocolHints,
): RegistryError {
  const said = modelWords(body);
  const words = protocol.shown === undefined ? said : modelWords(body, protocol.shown);
  // What is kept from callers is in the body, too.
  const excerpt = words === said ? bodyExcerpt(body) : words;
  const ownMeaning = protocol.meaningOf?.(status, words);
  const meaning = ownMeaning ?? statusMeaning(status, location);
  if (meaning === undefined) {
    const why = body.length === 0 ? "it is empty" : "only 200 and 201 carry predictions";
    return badAnswer(model, `its status is HTTP ${status}, and ${why}`, { status, body, attempts, hint: statusHint });
  }
  const hint = meaning === wrongPath ? protocol.pathHint(words, model) : meaning.hint;
  return errorFromMeaning(
    model,
    { ...meaning, hint },
    {
      label: `HTTP ${status}`,
      status,
      words,
      excerpt,
      attempts,
      mayBeUnprocessed: status === 503 || ownMeaning?.reason === "MODEL_NOT_READY",
      retryAfter,
      // The target is only for the log.
      cause: location === undefined ? undefined : new Error(`It redirects to ${location.slice(0, 400)}`),
    },
  );
}

/** What is known of an answer that means a failure. */
export interface FailureFacts {
  /** The status in words: `HTTP 503`. */
  readonly label: string;
  /** The HTTP status. */
  readonly status: number;
  /** What the server says that is for callers. */
  readonly words: string;
  /** The same as it came. */
  readonly excerpt: string;
  readonly attempts: number;
  /** Whether its words may say that no model has seen the request. */
  readonly mayBeUnprocessed: boolean;
  readonly retryAfter?: string | undefined;
  readonly cause?: unknown;
}

/** The error of an answer, by what it means in whichever protocol. */
export function errorFromMeaning(
  model: RegisteredModel,
  { reason, says, hint }: StatusMeaning,
  { label, status, words, excerpt, attempts, mayBeUnprocessed, retryAfter, cause }: FailureFacts,
): RegistryError {
  const retry = reason === "MODEL_NOT_READY" || reason === "MODEL_OVERLOADED";
  return new RegistryError(reason, `Model ${model.name} ${says} (${label})${words === "" ? "" : `: ${words}`}`, {
    metadata: metadataOf(model),
    ...(retry ? { retryAfterMs: retryAfterMs(retryAfter) } : {}),
    unprocessed: mayBeUnprocessed && neverBegun.test(words),
    failure: { stage: "call", upstreamStatus: status, upstreamBody: excerpt, attempts, hint },
    ...(cause === undefined ? {} : { cause }),
  });
}

const statusHint = "Is this the address of a model server? A proxy in front of it may have answered instead.";

const sizeHint = "Send fewer instances at a time, or raise KSERVE_MAX_RESPONSE_SIZE.";
const encodingHint = "Let the model server, or the proxy in front of it, send responses uncompressed, as requested.";
const notHttpHint = "Is the entry's port the HTTP port? A gRPC port answers in HTTP/2.";
const notHttp2Hint =
  "Is the entry's port the gRPC port, without TLS? Model servers have it in addition to the REST port: 8081, 9000 or 8001.";

/** Turns a failed or broken connection into an error. The cause, with its address, is only for the log. */
export function errorFromFailure(
  model: RegisteredModel,
  { cause, unprocessed }: ExchangeFailure,
  attempts: number,
): RegistryError {
  if (cause instanceof RegistryError) return cause;
  if (cause instanceof UnreadableFile) return unreadableCredentials(model, cause);
  const code = codeOf(cause);
  if (ownLimits.has(code)) {
    return new RegistryError("SERVER_OVERLOADED", `This server can open no more connections to models (${code})`, {
      metadata: metadataOf(model),
      retryAfterMs: defaultRetryAfterMs,
      failure: { stage: "call", attempts, hint: "Raise its limit on open files, or call less at a time." },
      unprocessed,
      cause,
    });
  }
  if (code === "ERR_ANSWER_TOO_LARGE") {
    return badAnswer(model, "it is larger than KSERVE_MAX_RESPONSE_SIZE allows", { attempts, hint: sizeHint, cause });
  }
  if (cause instanceof UnknownEncoding) {
    return badAnswer(model, encodingWords(cause), { attempts, hint: encodingHint, cause });
  }
  if (code === "ERR_NOT_HTTP1") return badAnswer(model, "it is not HTTP/1.1", { attempts, hint: notHttpHint, cause });
  if (code === "ERR_NOT_HTTP2") return badAnswer(model, "it is not HTTP/2", { attempts, hint: notHttp2Hint, cause });
  if (code === "ERR_HTTP2_BROKEN") {
    return badAnswer(model, "it breaks the rules of HTTP/2", { attempts, hint: statusHint, cause });
  }
  return new RegistryError("MODEL_UNREACHABLE", `Model ${model.name} could not be reached: ${failureWords(code)}`, {
    metadata: metadataOf(model),
    retryAfterMs: defaultRetryAfterMs,
    unprocessed,
    failure: { stage: "call", attempts, hint: failureHint(code) },
    cause,
  });
}

/** The credentials towards a model cannot be read. Which file it is stays in the log. */
export function unreadableCredentials(model: RegisteredModel, cause: unknown): RegistryError {
  const message = `Model ${model.name} is not called: the credentials that its entry names cannot be read`;
  return new RegistryError("MODEL_CREDENTIALS_UNREADABLE", message, {
    metadata: metadataOf(model),
    failure: {
      stage: "call",
      hint: "Check that the entry's files are mounted; the log names the one that cannot be read.",
    },
    cause,
  });
}

/** Whether a connection that failed to open may succeed later: problems of certificates persist. */
export function mayPass(cause: Error): boolean {
  const code = codeOf(cause);
  return !(cause instanceof UnreadableFile) && tlsWords(code) === undefined && code !== "ERR_FORBIDDEN_ADDRESS";
}

/** What TLS failures mean; undefined for a code of another kind. */
function tlsWords(code: string): string | undefined {
  switch (code) {
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return "its certificate is for another name";
    case "ERR_TLS_WITHOUT_HTTP2":
      return "its TLS is not set up for HTTP/2 (ALPN h2)";
    case "CERT_HAS_EXPIRED":
      return "its certificate has expired";
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
      return "its certificate was signed by a CA that is not trusted";
    default:
      return code.startsWith("ERR_TLS") || code.includes("CERT") || code.startsWith("ERR_SSL")
        ? "the TLS connection failed"
        : undefined;
  }
}

/** Why a request got no answer, in words that name no address. */
export function causeWords(cause: unknown): string {
  return cause instanceof UnknownEncoding ? encodingWords(cause) : failureWords(codeOf(cause));
}

function encodingWords({ message: encoding, cause }: UnknownEncoding): string {
  return cause === undefined
    ? `it is encoded as ${encoding.slice(0, 40)}, although an unencoded response was requested`
    : `it claims to be encoded as ${encoding}, but is not`;
}

/** Why a model server could not be reached, in words that name no address. */
export function failureWords(code: string): string {
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EAI_NODATA":
    case "EAI_NONAME":
      return "the name of its service is not known (DNS)";
    case "ECONNREFUSED":
      return "the connection was refused";
    case "ETIMEDOUT":
      return "the connection did not open in time";
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return "there is no route to its address";
    case "ERR_FORBIDDEN_ADDRESS":
      return "its address is of a kind that only trusted entries may use";
    case "ERR_HTTP2_NOT_BEGUN":
      return "the connection closed before HTTP/2 began";
    case "ERR_NOT_HTTP2":
      return "the server there does not speak HTTP/2, which gRPC needs; is this the REST port?";
    case "ERR_NOT_HTTP1":
      return "the server there does not speak HTTP/1.1";
    case "ERR_HTTP2_BROKEN":
      return "its server breaks the rules of HTTP/2";
    case "ECONNRESET":
    case "EPIPE":
      return "the connection closed before the response arrived";
    default:
      return tlsWords(code) ?? "the connection failed";
  }
}

/** The code of a failure: ours or the system's. A failure on several addresses carries that of the first. */
export function codeOf(error: unknown): string {
  const { code, errors } = error as { code?: unknown; errors?: unknown };
  if (typeof code === "string") return code;
  return Array.isArray(errors) && errors.length > 0 ? codeOf(errors[0]) : "";
}

function failureHint(code: string): string {
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "Check the service and namespace of the entry.";
    case "ECONNREFUSED":
    case "ETIMEDOUT":
      return "Check that the model is up. A headless Service maps no ports: set the entry's port to the container's.";
    case "ERR_FORBIDDEN_ADDRESS":
      return "Loopback, link-local and metadata addresses are for entries of a trusted namespace (KSERVE_TRUSTED_NAMESPACES).";
    case "ERR_HTTP2_NOT_BEGUN":
      return notHttp2Hint;
    case "ERR_TLS_WITHOUT_HTTP2":
      return "Let the server, or the proxy in front of it, offer h2 by ALPN: gRPC needs HTTP/2.";
    default:
      return tlsWords(code) === undefined
        ? "Try again; if it persists, check the model server's log."
        : "Set KSERVE_CA_FILE or the entry's caFile to its CA certificate, and a client certificate if it requires one.";
  }
}

/** The time that a `retry-after` names, in seconds or as a date (RFC 9110, 10.2.3), within bounds. */
export function retryAfterMs(header: string | undefined, nowMs: number = Date.now()): number {
  if (header === undefined) return defaultRetryAfterMs;
  if (/^\d{1,9}$/.test(header)) return Math.min(Number(header) * 1000, maxRetryAfterMs);
  // Every form of a date begins with the name of a day.
  const dateMs = /^[A-Z][a-z]{2}/.test(header) ? Date.parse(header) : Number.NaN;
  if (Number.isNaN(dateMs) || dateMs <= nowMs) return defaultRetryAfterMs;
  return Math.min(Math.ceil((dateMs - nowMs) / 1000) * 1000, maxRetryAfterMs);
}
