import { connect } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import type { HttpVersion } from "../support/http-client.ts";
import { openRaw } from "../support/raw-connection.ts";

/** A request whose body goes on for as long as the server takes it. */
export interface EndlessUpload {
  readonly port: number;
  readonly path: string;
  readonly contentType: string;
  /** What the body begins with. */
  readonly begin?: Uint8Array;
  /** Says how long the body will be; without, it comes in chunks. */
  readonly contentLength?: number;
}

/** About 64 MB a second: more than any limit here, and no load test. */
const chunk = Buffer.alloc(64 * 1024, 0x20);
const pauseMs = 1;
/** The server takes it for a second, or two. */
const limitMs = 15_000;

/**
 * Uploads until the server ends it: by closing the connection, or by resetting the stream. Fails when it does not.
 *
 * @returns everything that came back: head and body of the answer, as Latin-1
 */
export function uploadUntilEnded(version: HttpVersion, upload: EndlessUpload): Promise<string> {
  return version === "2" ? uploadHttp2(upload) : uploadHttp1(upload);
}

async function uploadHttp1({ port, path, contentType, begin, contentLength }: EndlessUpload): Promise<string> {
  const connection = await openRaw(port);
  const length = contentLength === undefined ? "transfer-encoding: chunked" : `content-length: ${contentLength}`;
  connection.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: ${contentType}\r\n${length}\r\n\r\n`);
  const send = (bytes: Uint8Array): void => {
    if (contentLength === undefined) connection.write(`${bytes.length.toString(16)}\r\n`);
    connection.write(bytes);
    if (contentLength === undefined) connection.write("\r\n");
  };
  if (begin !== undefined) send(begin);
  const started = performance.now();
  while (!connection.isClosed() && performance.now() - started < limitMs) {
    if (connection.socket.writableLength < 4 * chunk.length) send(chunk);
    await sleep(pauseMs);
  }
  const ended = connection.isClosed();
  connection.destroy();
  if (!ended) throw new Error(`the upload is still taken after ${limitMs} ms`);
  return connection.received();
}

async function uploadHttp2({ port, path, contentType, begin, contentLength }: EndlessUpload): Promise<string> {
  const session = connect(`http://127.0.0.1:${port}`);
  let answer = "";
  let ended = false;
  const note = (headers: object): void => {
    for (const [name, value] of Object.entries(headers)) answer += `${name}: ${value}\n`;
  };
  session.on("error", () => {});
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": contentType,
    ...(contentLength === undefined ? {} : { "content-length": contentLength }),
  });
  stream.on("error", () => {});
  stream.on("response", note);
  stream.on("trailers", note);
  stream.on("data", (data: Buffer) => {
    answer += data.toString("latin1");
  });
  stream.on("close", () => {
    ended = true;
  });
  if (begin !== undefined) stream.write(begin);
  const started = performance.now();
  while (!ended && performance.now() - started < limitMs) {
    if (stream.writableLength < 4 * chunk.length && stream.writable) stream.write(chunk);
    await sleep(pauseMs);
  }
  session.destroy();
  if (!ended) throw new Error(`the upload is still taken after ${limitMs} ms`);
  return answer;
}
