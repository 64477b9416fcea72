import { type IncomingHttpHeaders, METHODS } from "node:http";
import { byteCount, fieldLines, hasOption, withoutSpace } from "../../base/http1-fields.ts";
import { BadRequest } from "./bad-request.ts";

/** The head of a request. */
export interface RequestHead {
  readonly method: string;
  /** As received: a path with its query, an http or https address, or `*`. */
  readonly target: string;
  /** Of HTTP/1. */
  readonly minorVersion: 0 | 1;
  /** By name in lower case, as Node has them. */
  readonly headers: IncomingHttpHeaders;
  /** The length of the body in bytes, or `chunked`. */
  readonly body: number | "chunked";
  /** Whether the connection stays open for another request. */
  readonly keepsAlive: boolean;
  /** Whether the client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
}

/**
 * The limit of nghttp2 in Node, so that both versions have the same. 16 KiB have room for thousands of headers, each of
 * which takes many times its bytes for the duration of its call.
 */
const maxHeaders = 128;

const requestLine = /^([A-Z-]+) ([!-~]+) HTTP\/(\d)\.(\d)$/;
/** The name or address of a host, with a port or without (RFC 3986, 3.2.2 and 3.2.3); it may be empty. */
const hostForm = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._~!$&'()*+,;=%-]*)(?::\d*)?$/i;
const methods: ReadonlySet<string> = new Set(METHODS);

/** Of repeated headers of these names the first one counts, as with Node. */
const single: ReadonlySet<string> = new Set([
  ...["age", "authorization", "content-type", "etag", "expires", "from", "if-modified-since", "if-unmodified-since"],
  ...["last-modified", "location", "max-forwards", "proxy-authorization", "referer", "retry-after", "server"],
  "user-agent",
]);

/**
 * Parses the head of a request strictly by RFC 9112. Where a proxy in front could have understood it in another way,
 * above all where its body ends, it is refused: bytes smuggled past the proxy would be the next request.
 *
 * @param text its lines with their ends, without the empty one, as latin1
 * @throws BadRequest
 */
export function parseRequestHead(text: string): RequestHead {
  const lineEnd = text.indexOf("\r\n");
  const line = requestLine.exec(text.slice(0, lineEnd));
  if (line === null) throw new BadRequest(400, "expected a request line of HTTP/1.1 (RFC 9112, 3)");
  const [, method, target, major, minor] = line as unknown as readonly [string, string, string, string, string];
  if (!methods.has(method)) throw new BadRequest(400, "the method is not known");
  if (major !== "1" || (minor !== "0" && minor !== "1")) throw new BadRequest(505, "expected HTTP/1.1, or HTTP/2");
  if (!isTarget(target, method))
    throw new BadRequest(400, "expected a path, or an address of http or https, as the target");
  const isOld = minor === "0";
  const fields = text.slice(lineEnd + 2);
  if (!fieldLines.test(fields)) throw new BadRequest(400, "a line of the head is not a header (RFC 9112, 5)");
  const headers = parseFields(fields);
  const { host, connection = "", expect } = headers;
  if (host === undefined ? !isOld : !hostForm.test(host)) throw badHost();
  return {
    method,
    target,
    minorVersion: isOld ? 0 : 1,
    headers,
    body: bodyOf(headers, isOld),
    keepsAlive:
      connection === ""
        ? !isOld
        : hasOption(connection, "close")
          ? false
          : !isOld || hasOption(connection, "keep-alive"),
    expectsContinue: expect !== undefined && !isOld && expectsContinue(expect),
  };
}

/** RFC 9112, 3.2. This server is not a proxy, so there is no CONNECT. */
function isTarget(target: string, method: string): boolean {
  if (method === "CONNECT") return false;
  return target.startsWith("/") || /^https?:\/\//i.test(target) || (target === "*" && method === "OPTIONS");
}

function parseFields(fields: string): IncomingHttpHeaders {
  const headers = Object.create(null) as Record<string, string | string[] | undefined>;
  let left = maxHeaders;
  for (let at = 0; at < fields.length; ) {
    if (--left < 0) throw new BadRequest(431, `the head has more than ${maxHeaders} headers`);
    const colon = fields.indexOf(":", at);
    const end = fields.indexOf("\r\n", colon);
    const name = fields.slice(at, colon).toLowerCase();
    const value = withoutSpace(fields, colon + 1, end);
    at = end + 2;
    const before = headers[name];
    if (before === undefined) headers[name] = name === "set-cookie" ? [value] : value;
    else if (name === "host") throw badHost();
    else if (name === "content-length") throw new BadRequest(400, "there are two lengths of the body (RFC 9112, 6.3)");
    else if (typeof before !== "string") before.push(value);
    else if (!single.has(name)) headers[name] = `${before}${name === "cookie" ? "; " : ", "}${value}`;
  }
  return headers;
}

/** RFC 9112, 6.3. */
function bodyOf(headers: IncomingHttpHeaders, isOld: boolean): RequestHead["body"] {
  const { "content-length": length, "transfer-encoding": encoding } = headers;
  if (encoding !== undefined) {
    if (length !== undefined)
      throw new BadRequest(400, "there are both a length and a transfer-encoding (RFC 9112, 6.1)");
    if (isOld) throw new BadRequest(400, "HTTP/1.0 has no transfer-encoding (RFC 9112, 6.1)");
    if (encoding.toLowerCase() === "chunked") return "chunked";
    throw new BadRequest(501, "transfer-encoding: expected chunked alone; compress by content-encoding");
  }
  if (length === undefined) return 0;
  if (!byteCount.test(length)) throw new BadRequest(400, "content-length: expected a number of bytes");
  return Number(length);
}

function expectsContinue(expect: string): boolean {
  if (expect.toLowerCase() === "100-continue") return true;
  throw new BadRequest(417, "expect: 100-continue is all that can be expected");
}

function badHost(): BadRequest {
  return new BadRequest(400, "expected one host header with a host and a port (RFC 9112, 3.2)");
}
