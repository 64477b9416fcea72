import type { ContextValues } from "@connectrpc/connect";
import type { HttpRequest, HttpResponse } from "../http.ts";
import type { MessageBodyOptions } from "./message-body.ts";

/** A call of a method, as it came. */
export interface MethodCall extends MessageBodyOptions {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  readonly contextValues: ContextValues;
}
