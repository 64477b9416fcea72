import { byteCount, fieldLines, hasOption, withoutSpace } from "../../base/http1-fields.ts";
import { notHttp1 } from "./connection-error.ts";

/** The head of an answer, as far as it matters here. */
export interface AnswerHead {
  readonly status: number;
  /** The length of the body in bytes, `chunked`, or `until close`. */
  readonly body: number | "chunked" | "until close";
  /** Whether the connection may carry another request. */
  readonly keepsAlive: boolean;
  /** How long the server says that it keeps an idle connection, in milliseconds; undefined where it does not say. */
  readonly idleMs: number | undefined;
  readonly retryAfter: string | undefined;
  readonly location: string | undefined;
  readonly encoding: string | undefined;
  /** How many bytes of the body are JSON (`inference-header-content-length`); undefined where it does not say. */
  readonly jsonBytes: number | undefined;
}

/** The last head that was parsed. */
let last: { readonly text: string; readonly head: AnswerHead } | undefined;

/**
 * Does what `parseAnswerHead` does, but recognizes a head that is equal to the last one in a fraction of the time: a
 * busy server sends the same head until the second in its date is over.
 */
export function readAnswerHead(text: string): AnswerHead {
  if (text !== last?.text) last = { text, head: parseAnswerHead(text) };
  return last.head;
}

/** The reason after the status may be missing, with or without its space. */
const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t -~\x80-\xff]*)?$/;

/**
 * Parses the head of an answer strictly by RFC 9112. Where two parsers could disagree on where an answer ends, the
 * answer is refused: the next one on the connection would be read from within it.
 *
 * @param text its lines with their ends, without the empty one, as latin1
 * @throws Error ERR_NOT_HTTP1
 */
function parseAnswerHead(text: string): AnswerHead {
  const lineEnd = text.indexOf("\r\n");
  const line = statusLine.exec(text.slice(0, lineEnd));
  if (line === null) throw notHttp1("its status line is not of HTTP/1.1");
  const fields = text.slice(lineEnd + 2);
  if (!fieldLines.test(fields)) throw notHttp1("a line of its head is not a header");
  const isOld = line[1] === "0";
  const status = Number(line[2]);
  let length: string | undefined;
  let transferEncoding: string | undefined;
  let connection = "";
  let idleMs: number | undefined;
  /** Most answers have none of these headers. */
  let told: Map<string, string | undefined> | undefined;
  for (let at = 0; at < fields.length; ) {
    const colon = fields.indexOf(":", at);
    const end = fields.indexOf("\r\n", colon);
    const name = fields.slice(at, colon).toLowerCase();
    at = end + 2;
    switch (name) {
      case "content-length":
        if (length !== undefined) throw notHttp1("it has two lengths");
        length = withoutSpace(fields, colon + 1, end);
        if (!byteCount.test(length)) throw notHttp1("its length is not a number");
        break;
      case "transfer-encoding":
        if (transferEncoding !== undefined) throw notHttp1("it has two transfer encodings");
        transferEncoding = withoutSpace(fields, colon + 1, end).toLowerCase();
        break;
      case "connection":
        connection += `,${fields.slice(colon + 1, end)}`;
        break;
      case "keep-alive": {
        const seconds = /(?:^|[\s,])timeout=(\d{1,6})/i.exec(fields.slice(colon + 1, end))?.[1];
        if (seconds !== undefined) idleMs = Number(seconds) * 1000;
        break;
      }
      case "retry-after":
      case "location":
      case "content-encoding":
      case "inference-header-content-length":
        // A repeated header counts as missing: nobody can tell which one is meant.
        told ??= new Map();
        told.set(name, told.has(name) ? undefined : withoutSpace(fields, colon + 1, end));
        break;
    }
  }
  if (transferEncoding !== undefined) {
    if (length !== undefined) throw notHttp1("it has both a length and a transfer encoding");
    if (transferEncoding !== "chunked" || isOld) throw notHttp1("its transfer encoding is not chunked");
  }
  const body = bodyOf(status, length, transferEncoding !== undefined);
  // A body that is not allowed may be sent all the same, in place of the next answer.
  const mayHaveMore = body === 0 && (transferEncoding !== undefined || Number(length ?? 0) > 0);
  const jsonBytes = told?.get("inference-header-content-length");
  return {
    status,
    body,
    keepsAlive:
      body !== "until close" &&
      !mayHaveMore &&
      !hasOption(connection, "close") &&
      (!isOld || hasOption(connection, "keep-alive")),
    idleMs,
    retryAfter: told?.get("retry-after"),
    location: told?.get("location"),
    encoding: told?.get("content-encoding"),
    jsonBytes: jsonBytes !== undefined && byteCount.test(jsonBytes) ? Number(jsonBytes) : undefined,
  };
}

/** RFC 9112, 6.3, for answers to requests other than HEAD and CONNECT. */
function bodyOf(status: number, length: string | undefined, isChunked: boolean): AnswerHead["body"] {
  if (status < 200 || status === 204 || status === 304) return 0;
  if (isChunked) return "chunked";
  return length === undefined ? "until close" : Number(length);
}
