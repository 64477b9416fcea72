/**
 * What a page of another origin does, bundled for a browser: calls by `fetch`, and calls of a Connect client over it.
 * Everything comes back as plain data, so that it passes from the page to the test.
 */
import { type CallOptions, type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import type { UniversalClientFn } from "@connectrpc/connect/protocol";
import { createTransport as createConnectTransport } from "@connectrpc/connect/protocol-connect";
import { createTransport as createGrpcWebTransport } from "@connectrpc/connect/protocol-grpc-web";
import { ErrorInfoSchema } from "../../../gen/google/rpc/error_details_pb.ts";
import { ModelRegistry, WatchEvent } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";

export type PageProtocol = "grpc-web" | "connect-binary" | "connect-json";

/** What a page gets to see of an answer. */
export interface Seen {
  readonly status: number;
  /** Those that CORS exposes. */
  readonly headers: Readonly<Record<string, string>>;
  /** Byte for byte, as Latin-1. */
  readonly body: string;
}

/** What a page gets to see of an RPC. */
export interface SeenRpc {
  readonly answer?: unknown;
  readonly code?: string;
  readonly reason?: string | undefined;
  readonly message?: string;
  readonly requestId: string | null;
}

const calls = {
  async fetch(url: string, method: string, headers: Record<string, string>, body?: string): Promise<Seen> {
    const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body: bytesOf(body) }) });
    const bytes = new Uint8Array(await response.arrayBuffer());
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""),
    };
  },

  predict: (protocol: PageProtocol, baseUrl: string, name: string, values: number[]): Promise<SeenRpc> =>
    seen(async (options) => {
      const input = { case: "tensor" as const, value: { shape: [1, values.length], values } };
      const { output } = await clientOf(protocol, baseUrl).predict({ name, input }, options);
      return output.case === "tensor" ? output.value.values : output.case;
    }),

  /** The names that a watch begins with. */
  watch: (protocol: PageProtocol, baseUrl: string): Promise<SeenRpc> =>
    seen(async (options) => {
      const names: string[] = [];
      for await (const { event, model } of clientOf(protocol, baseUrl).watchModels({}, options)) {
        if (event === WatchEvent.SYNCED) break;
        if (model !== undefined) names.push(model.name);
      }
      return names;
    }),
};

export type PageCalls = typeof calls;
Object.assign(globalThis, { calls });

async function seen(call: (options: CallOptions) => Promise<unknown>): Promise<SeenRpc> {
  let requestId: string | null = null;
  const onHeader = (headers: Headers): void => {
    requestId = headers.get("x-request-id");
  };
  try {
    return { answer: await call({ onHeader }), requestId };
  } catch (thrown) {
    const error = ConnectError.from(thrown);
    return {
      code: Code[error.code]!,
      reason: error.findDetails(ErrorInfoSchema)[0]?.reason,
      message: error.rawMessage,
      requestId: requestId ?? error.metadata.get("x-request-id"),
    };
  }
}

function clientOf(protocol: PageProtocol, baseUrl: string): Client<typeof ModelRegistry> {
  const create = protocol === "grpc-web" ? createGrpcWebTransport : createConnectTransport;
  const transport = create({
    baseUrl,
    httpClient: fetchClient,
    useBinaryFormat: protocol !== "connect-json",
    interceptors: [],
    acceptCompression: [],
    sendCompression: null,
    compressMinBytes: 1024,
    readMaxBytes: 2 ** 20,
    writeMaxBytes: 2 ** 20,
  });
  return createClient(ModelRegistry, transport);
}

/** Browsers do not stream a request over HTTP/1.1, so its body is collected first. */
const fetchClient: UniversalClientFn = async ({ url, method, header, body, signal }) => {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of body ?? []) chunks.push(chunk as Uint8Array<ArrayBuffer>);
  const init = { method, headers: header, ...(signal === undefined ? {} : { signal }) };
  const response = await fetch(url, body === undefined ? init : { ...init, body: new Blob(chunks) });
  return { status: response.status, header: response.headers, body: chunksOf(response), trailer: new Headers() };
};

async function* chunksOf({ body }: Response): AsyncGenerator<Uint8Array> {
  const reader = body!.getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
  } finally {
    await reader.cancel();
  }
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
