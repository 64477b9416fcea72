import type { ContextValues } from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import type { HttpRequest, HttpResponse } from "../http.ts";
import type { UnaryBodyOptions } from "./unary-body.ts";

/** A call of a method, as it came. */
export interface MethodCall extends UnaryBodyOptions {
  /** Connect's handler of the method. */
  readonly handler: UniversalHandler;
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  readonly contextValues: ContextValues;
}
