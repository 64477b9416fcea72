import { request as http1Request, type IncomingHttpHeaders } from "node:http";
import { type ClientSessionOptions, connect, constants } from "node:http2";
import { buffer } from "node:stream/consumers";

/** A plain HTTP request. */
export interface PlainRequest {
  readonly url: string;
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** How the bytes of the answer become text. Default: UTF-8. */
  readonly encoding?: BufferEncoding;
  /** Abandons the request: resets its stream over HTTP/2, closes its connection over HTTP/1.1. */
  readonly signal?: AbortSignal;
}

/** What came back. */
export interface PlainResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** The versions of HTTP that the port speaks. */
export const httpVersions = ["1.1", "2"] as const;
export type HttpVersion = (typeof httpVersions)[number];

/**
 * For clients of HTTP/2 that write large bodies at once, in the unit of 1,000,000 bytes. While more than that waits to
 * be sent, Node takes no answer and resets its stream with ENHANCE_YOUR_CALM. Its default is 10.
 */
export const largeBodies: ClientSessionOptions = { maxSessionMemory: 100 };

/** Sends one request on a connection of its own, which is closed afterwards. */
export function send(version: HttpVersion, request: PlainRequest): Promise<PlainResponse> {
  return version === "2" ? sendHttp2(request) : sendHttp1(request);
}

/** Reads a JSON body. */
export function jsonOf({ body }: PlainResponse): unknown {
  return JSON.parse(body);
}

function sendHttp1({ url, method, path, headers, body, encoding, signal }: PlainRequest): Promise<PlainResponse> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const options = { hostname, port, path, method: method ?? (body === undefined ? "GET" : "POST"), agent: false };
    const request = http1Request({ ...options, headers: headers ?? {}, ...(signal ? { signal } : {}) }, (response) => {
      buffer(response).then(
        (bytes) =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: bytes.toString(encoding) }),
        reject,
      );
    });
    request.on("error", reject);
    request.end(body);
  });
}

function sendHttp2({ url, method, path, headers, body, encoding, signal }: PlainRequest): Promise<PlainResponse> {
  return new Promise((resolve, reject) => {
    const session = connect(url, largeBodies);
    const stream = session.request(
      { ...headers, ":method": method ?? (body === undefined ? "GET" : "POST"), ":path": path },
      { endStream: body === undefined },
    );
    let answer: IncomingHttpHeaders & { ":status"?: number | undefined } = {};
    const fail = (error: unknown): void => {
      session.destroy();
      reject(error);
    };
    session.on("error", fail);
    stream.on("error", fail);
    signal?.addEventListener("abort", () => stream.close(constants.NGHTTP2_CANCEL));
    stream.on("response", (head) => {
      answer = head;
    });
    buffer(stream).then((bytes) => {
      session.close();
      if (answer[":status"] === undefined) reject(new Error("the stream ended without an answer"));
      else resolve({ status: answer[":status"], headers: answer, body: bytes.toString(encoding) });
    }, fail);
    if (body !== undefined) stream.end(body);
  });
}
