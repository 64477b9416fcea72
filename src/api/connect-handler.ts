import type { ConnectRouter, ContextValues } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import type { HttpRequest, RequestHandler } from "./http.ts";
import { errorInterceptor } from "./interceptors.ts";

type NodeHandler = ReturnType<typeof connectNodeAdapter>;

export interface ConnectHandlerOptions {
  /** Registers the services. */
  readonly routes: (router: ConnectRouter) => void;
  /** The largest message, before and after decompression, in bytes. */
  readonly maxMessageBytes: number;
  /** What handlers find about their call. */
  readonly contextValues?: (request: HttpRequest) => ContextValues;
  /** Takes what is no RPC. */
  readonly fallback?: RequestHandler;
}

/** gRPC, gRPC-Web and Connect for the given services, as a handler for Node's HTTP/1.1 and HTTP/2 servers. */
export function createConnectHandler(options: ConnectHandlerOptions): RequestHandler {
  // The adapter's own types widen write(); at run time both are Node's.
  return connectNodeAdapter({
    routes: options.routes,
    interceptors: [errorInterceptor],
    readMaxBytes: options.maxMessageBytes,
    // A misspelt field would otherwise be a filter that filters nothing, or an input that is missing.
    jsonOptions: { ignoreUnknownFields: false },
    ...(options.contextValues === undefined ? {} : { contextValues: options.contextValues }),
    ...(options.fallback === undefined ? {} : { fallback: options.fallback as NodeHandler }),
  }) as RequestHandler;
}
