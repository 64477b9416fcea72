import { breakOff, type HttpResponse } from "../api/http.ts";

/**
 * A call younger than this is not ended in favor of a new stream, in milliseconds. A client whose stream has sent
 * something reconnects at once, and otherwise only after a pause: with more streams than allowed, each would end
 * another one, without a pause.
 */
const leastMs = 60_000;

const watchPath = "/grpc.health.v1.Health/Watch";

/**
 * Limits the concurrent calls without credentials, where others have some. Probes are short, but a stream of
 * `Health/Watch` lasts as long as its caller likes, and each client that watches the health of this server has one.
 * Beyond the limit the oldest call is ended: it is not a probe, as those are short, and clients that watch reconnect. If
 * the oldest is young, a new stream is ended instead.
 *
 * An HTTP/2 connection whose call is ended gets GOAWAY: its other calls finish, and it begins no more. Otherwise a
 * client that takes no answers could have its next call begin in the place of each one that is ended, without end.
 *
 * @param maxCalls how many there may be
 * @returns a function that takes the answer of each such call; false where it has been ended
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
      first.stream?.session?.close();
      breakOff(first);
    }
    underWay.set(response, nowMs);
    response.on("close", () => underWay.delete(response));
    return true;
  };
}
