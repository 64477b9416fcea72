import { goOnWhenNotBusy, whenNotBusy } from "../base/yield-if-busy.ts";
import { connectionOf, type HttpRequest, type HttpResponse } from "./http.ts";

/** Smaller bodies take less than a millisecond to look through and decode. */
const minBytes = 64 * 1024;

/**
 * To be called before a body that has arrived is looked through and decoded: of many large ones that arrive at once, one
 * is in each turn of the event loop, by connections in turn. Undefined where there is nothing to wait for.
 */
export function turnOfLargeBody(
  bytes: number,
  request: HttpRequest,
  response: HttpResponse,
): Promise<void> | undefined {
  return bytes < minBytes ? undefined : whenNotBusy(connectionOf(request, response));
}

/**
 * To be called between two of the steps that such a body goes through, each of which takes a millisecond or more: it goes on
 * before its owner begins anything else. Undefined where there is nothing to wait for.
 *
 * @param owner whom the work is for, such as a connection
 */
export function stepOfLargeBody(bytes: number, owner: object): Promise<void> | undefined {
  return bytes < minBytes ? undefined : goOnWhenNotBusy(owner);
}
