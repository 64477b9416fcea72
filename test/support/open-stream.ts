import { request as http1Request, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { type ClientHttp2Stream, connect } from "node:http2";
import { createGunzip } from "node:zlib";
import { onTestFinished } from "vitest";
import type { HttpVersion } from "./http-client.ts";

/** An answer that is read while it comes, decompressed where it is compressed. */
export interface OpenStream {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** What has come so far. */
  text(): string;
  /** Stops reading, so that the server can write no more once the buffers are full. */
  pause(): void;
  resume(): void;
  close(): void;
  /** Resolves when the answer has come to its end, and rejects when it breaks off. */
  readonly ended: Promise<void>;
}

/** Sends a GET, and resolves with the head of its answer. The connection is closed after the test. */
export function openStream(
  version: HttpVersion,
  url: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<OpenStream> {
  return new Promise((resolve, reject) => {
    if (version === "1.1") {
      const request = http1Request(`${url}${path}`, { headers, agent: false }, (response) => {
        const close = (): void => void response.destroy();
        resolve(reading(response, response.statusCode ?? 0, response.headers, close));
      });
      request.on("error", reject).end();
      onTestFinished(() => void request.destroy());
      return;
    }
    const session = connect(url).on("error", reject);
    const stream = session.request({ ":path": path, ...headers });
    onTestFinished(() => session.destroy());
    stream.on("error", reject);
    stream.on("response", (head) => {
      resolve(reading(stream, head[":status"] ?? 0, head, () => stream.close()));
    });
  });
}

function reading(
  stream: IncomingMessage | ClientHttp2Stream,
  status: number,
  headers: IncomingHttpHeaders,
  close: () => void,
): OpenStream {
  let text = "";
  const decoded = headers["content-encoding"] === "gzip" ? stream.pipe(createGunzip()) : stream;
  decoded.setEncoding("utf8");
  decoded.on("data", (chunk: string) => {
    text += chunk;
  });
  const ended = new Promise<void>((resolve, reject) => {
    decoded.once("end", resolve);
    for (const one of [stream, decoded]) one.once("error", reject);
  });
  // Most tests do not wait for it.
  ended.catch(() => {});
  return {
    status,
    headers,
    text: () => text,
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
    close,
    ended,
  };
}
