import { request as http1Request } from "node:http";
import { connect, constants } from "node:http2";
import { create, toBinary, toJsonString } from "@bufbuild/protobuf";
import { PredictRequestSchema } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { bodyOf } from "../support/clients.ts";
import { frame } from "../support/frame.ts";
import type { HttpVersion } from "../support/http-client.ts";
import { wireFormats } from "../support/raw-rpc.ts";
import { model } from "../support/running-service.ts";

/** How a prediction is asked for: its request, and the header of its deadline where there is one. */
export interface Asking {
  /** `grpc-web/1.1`. */
  readonly name: string;
  readonly httpVersion: HttpVersion;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly deadline: ((ms: number) => Readonly<Record<string, string>>) | undefined;
}

const rpcPath = "/kserve.registry.v1.ModelRegistry/Predict";
const kserveBody = '{"instances":[[1]]}';
const message = create(PredictRequestSchema, bodyOf(model, kserveBody));

/** Every protocol over every version of HTTP. */
export const askings: readonly Asking[] = [
  ...wireFormats.map(({ name, protocol, httpVersion, contentType }): Asking => {
    const bytes =
      contentType === "application/json"
        ? Buffer.from(toJsonString(PredictRequestSchema, message))
        : toBinary(PredictRequestSchema, message);
    return {
      name,
      httpVersion,
      path: rpcPath,
      headers: { "content-type": contentType, ...(protocol === "grpc" ? { te: "trailers" } : {}) },
      body: protocol === "connect" ? bytes : frame(bytes),
      deadline: (ms) => (protocol === "connect" ? { "connect-timeout-ms": `${ms}` } : { "grpc-timeout": `${ms}m` }),
    };
  }),
  ...(["1.1", "2"] as const).flatMap((httpVersion) =>
    [`/api/v1/models/${model}/predict`, `/v1/models/${model}:predict`].map((path) => ({
      name: `rest/${httpVersion} ${path.slice(0, 4)}`,
      httpVersion,
      path,
      headers: {},
      body: Buffer.from(kserveBody),
      deadline: undefined,
    })),
  ),
];

/** A call under way that can be left in more than one way. */
export interface OpenCall {
  /** HTTP/2: resets the stream and keeps the connection. */
  readonly reset: (() => void) | undefined;
  /** Closes the connection. */
  close(): void;
}

/** Asks for a prediction on a connection of its own, and looks at no answer. */
export function ask(url: string, asking: Asking, headers: Readonly<Record<string, string>> = {}): OpenCall {
  const all = { ...asking.headers, ...headers };
  if (asking.httpVersion === "1.1") {
    const request = http1Request(url + asking.path, { method: "POST", headers: all, agent: false });
    request.on("error", () => {});
    request.on("response", (response) => response.resume());
    request.end(asking.body);
    return { reset: undefined, close: () => void request.destroy() };
  }
  const session = connect(url);
  const stream = session.request({ ":method": "POST", ":path": asking.path, ...all });
  for (const emitter of [session, stream]) emitter.on("error", () => {});
  stream.resume();
  stream.end(asking.body);
  return {
    reset: () => stream.close(constants.NGHTTP2_CANCEL),
    close: () => session.destroy(),
  };
}
