import { connect, constants } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { codeFromHttpStatus, errorFromJson } from "@connectrpc/connect/protocol-connect";
import { findTrailerError } from "@connectrpc/connect/protocol-grpc";
import { trailerFlag, trailerParse } from "@connectrpc/connect/protocol-grpc-web";
import { type ErrorParts, partsOf } from "./error-details.ts";
import { type HttpVersion, largeBodies, send } from "./http-client.ts";

/** A wire format of RPCs, for requests whose every byte the test chooses. */
export interface WireFormat {
  /** `grpc-web/1.1`. */
  readonly name: string;
  readonly protocol: "grpc" | "grpc-web" | "connect";
  readonly httpVersion: HttpVersion;
  readonly contentType: string;
}

/** Every format of messages over every version of HTTP. */
export const wireFormats: readonly WireFormat[] = [
  { name: "grpc/2", protocol: "grpc", httpVersion: "2", contentType: "application/grpc" },
  ...both("grpc-web", "grpc-web", "application/grpc-web+proto"),
  ...both("connect-binary", "connect", "application/proto"),
  ...both("connect-json", "connect", "application/json"),
];

/** The formats whose messages are protobuf. */
export const binaryFormats = wireFormats.filter(({ contentType }) => contentType !== "application/json");

/** The formats whose messages are JSON. */
export const jsonFormats = wireFormats.filter(({ contentType }) => contentType === "application/json");

/** The formats whose messages come in envelopes. */
export const envelopedFormats = wireFormats.filter(({ protocol }) => protocol !== "connect");

/** What came of a request, whatever the protocol. */
export interface RawAnswer extends Omit<ErrorParts, "code"> {
  /** `ok`, or the code of the error. */
  readonly code: string;
  readonly message: string;
  readonly httpStatus: number;
}

/** Sends the bytes of a request to an RPC as they are. */
export async function sendRpc(
  format: WireFormat,
  request: {
    readonly url: string;
    readonly path: string;
    readonly body: string | Uint8Array;
    readonly headers?: Readonly<Record<string, string>>;
  },
): Promise<RawAnswer> {
  const headers = { "content-type": format.contentType, ...request.headers };
  if (format.protocol === "grpc") return sendGrpc({ ...request, headers });
  const answer = await send(format.httpVersion, { ...request, headers, encoding: "latin1" });
  return readRpcAnswer(format, answer.status, answer.headers, answer.body);
}

/**
 * Reads what came of an RPC off its HTTP answer.
 *
 * @param headers those of the head; for gRPC with the trailers among them
 * @param body as Latin-1
 */
export function readRpcAnswer(
  format: Pick<WireFormat, "protocol">,
  status: number,
  headers: Readonly<Record<string, unknown>>,
  body: string,
): RawAnswer {
  if (format.protocol === "grpc") return rawAnswer(status, findTrailerError(grpcHeaders(headers)));
  if (format.protocol === "grpc-web") return rawAnswer(status, findTrailerError(webTrailers(headers, body)));
  if (status === 200) return rawAnswer(status, undefined);
  const fallback = new ConnectError(`HTTP ${status}`, codeFromHttpStatus(status));
  const isJson = headers["content-type"] === "application/json" && body !== "";
  const json = isJson ? JSON.parse(Buffer.from(body, "latin1").toString()) : undefined;
  return rawAnswer(status, json?.code === undefined ? fallback : errorFromJson(json, undefined, fallback));
}

function both(name: string, protocol: WireFormat["protocol"], contentType: string): WireFormat[] {
  return (["1.1", "2"] as const).map((httpVersion) => ({
    name: `${name}/${httpVersion}`,
    protocol,
    httpVersion,
    contentType,
  }));
}

function rawAnswer(httpStatus: number, error: ConnectError | undefined): RawAnswer {
  if (error === undefined) return { code: "ok", message: "", httpStatus };
  return { ...partsOf(error), code: Code[error.code] ?? "", message: error.rawMessage, httpStatus };
}

/** The trailers of gRPC-Web: the last envelope, or the headers where there is no body. */
function webTrailers(headers: Readonly<Record<string, unknown>>, body: string): Headers {
  const bytes = Buffer.from(body, "latin1");
  for (let at = 0; at + 5 <= bytes.length; at += 5 + bytes.readUInt32BE(at + 1)) {
    if (bytes[at] === trailerFlag) return trailerParse(bytes.subarray(at + 5));
  }
  return grpcHeaders(headers);
}

function grpcHeaders(headers: Readonly<Record<string, unknown>>): Headers {
  return new Headers(Object.entries(headers).filter(([name]) => name.startsWith("grpc-")) as [string, string][]);
}

function sendGrpc(request: {
  url: string;
  path: string;
  body: string | Uint8Array;
  headers: Record<string, string>;
}): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const session = connect(request.url, largeBodies);
    const stream = session.request({ ":method": "POST", ":path": request.path, te: "trailers", ...request.headers });
    let status = 0;
    const trailers = new Headers();
    const note = (headers: object): void => {
      for (const [name, value] of Object.entries(headers)) if (name.startsWith("grpc-")) trailers.set(name, value);
    };
    const fail = (error: Error): void => {
      session.destroy();
      reject(error);
    };
    session.on("error", fail);
    stream.on("error", fail);
    stream.on("response", (head) => {
      status = Number(head[":status"]);
      note(head);
    });
    stream.on("trailers", note);
    stream.on("close", () => {
      session.destroy();
      if (trailers.has("grpc-status")) resolve(rawAnswer(status, findTrailerError(trailers)));
      else reject(new Error(`no grpc-status, HTTP ${status}, reset with ${stream.rstCode}`));
    });
    stream.resume();
    if (request.body.length === 0) stream.end();
    else stream.end(request.body);
  });
}

/** What a stream is reset with when its answer is complete and no more of its upload is wanted. */
export const noError = constants.NGHTTP2_NO_ERROR;
