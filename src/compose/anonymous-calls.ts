import { breakOff, type HttpResponse } from "../api/http.ts";

/**
 * So long a call is not broken off for a stream, in milliseconds. A client begins again at once where its stream has said something,
 * and waits where it has not: of more streams than there may be each would end another one, without a pause.
 */
const leastMs = 60_000;

const watchPath = "/grpc.health.v1.Health/Watch";

/**
 * Bounds how many calls without credentials are under way, where there are callers with them. Probes are over at once; a stream of
 * `Health/Watch` lasts as long as its caller likes, and there is one for each client that asks for the health of this server.
 * Where there are more, the one that has been so for the longest is broken
 * off: that is no probe, and a client that watches begins again. Where that has not been so for long, a stream that begins is
 * broken off instead.
 *
 * @param maxCalls how many there may be
 * @returns a function that takes the answer of each such call; false where it has been broken off
 */
export function limitAnonymousCalls(maxCalls: number): (response: HttpResponse) => boolean {
  /** Since when they are under way, by the clock of `performance`; the first one comes first. */
  const underWay = new Map<HttpResponse, number>();
  return (response) => {
    const nowMs = performance.now();
    const [oldest] = underWay;
    if (underWay.size >= maxCalls && oldest !== undefined) {
      const [first, sinceMs] = oldest;
      if (response.req.url === watchPath && nowMs - sinceMs < leastMs) {
        breakOff(response);
        return false;
      }
      underWay.delete(first);
      breakOff(first);
    }
    underWay.set(response, nowMs);
    response.on("close", () => underWay.delete(response));
    return true;
  };
}
