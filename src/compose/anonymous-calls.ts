import { breakOff, type HttpResponse } from "../api/http.ts";

/**
 * How many calls without credentials may be under way, where there are callers with them. Probes are over at once; a stream of
 * `Health/Watch` lasts as long as its caller likes, and there is one for each client that asks for the health of this server.
 */
const maxAnonymousCalls = 512;

/**
 * Bounds how many calls without credentials are under way. Where there are more, the one that has been so for the longest is broken
 * off: that is no probe, and a client that watches begins again.
 *
 * @returns a function that takes the answer of each such call
 */
export function limitAnonymousCalls(maxCalls = maxAnonymousCalls): (response: HttpResponse) => void {
  const underWay = new Set<HttpResponse>();
  return (response) => {
    underWay.add(response);
    response.on("close", () => underWay.delete(response));
    if (underWay.size <= maxCalls) return;
    const [oldest] = underWay;
    underWay.delete(oldest!);
    breakOff(oldest!);
  };
}
