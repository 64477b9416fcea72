import { send } from "../../../test/support/http-client.ts";
import { endHeaders, endStream, frameTypes, http2Frame } from "../../../test/support/http2-frames.ts";
import { openRaw } from "../../../test/support/raw-connection.ts";
import { answered, openHttp2, requestBlock } from "../../../test/support/raw-http2.ts";
import { until } from "../../../test/support/until.ts";
import type { Attack } from "../attack.ts";
import { inTime } from "../in-time.ts";
import { plainModel } from "../victim.ts";

const predict = `/v1/models/${plainModel}:predict`;
const body = '{"instances":[[1]]}';

/** Requests that say more, or something else, than they seem to. */
export const heads: readonly Attack[] = [
  raw("two Host headers", /^400$/, ["host: a", "host: b"]),
  raw("a Host header with a space", /^400$/, ["host: a b"]),
  raw("a Host header with a user", /^400$/, ["host: user:secret@a"]),
  raw("a body that is encoded as gzip, chunked", /^501$/, ["host: a", "transfer-encoding: gzip, chunked"], "0\r\n\r\n"),
  raw("a length and chunks", /^400$/, ["host: a", "content-length: 5", "transfer-encoding: chunked"], "0\r\n\r\n"),
  raw("two lengths", /^400$/, ["host: a", "content-length: 5", "content-length: 6"], "hello"),
  raw("a header that goes on in the next line", /^400$/, ["host: a", "x: a", " b: c"]),
  {
    title: "2,400 heads in one piece on a connection that is kept, over HTTP/1.1",
    profile: "open",
    // More than may be under way (MAX_CALLS); but of a connection one is at a time.
    right: /^2401 answered$/,
    run: ({ port }) => inTime(sendAtOnce(port, 2400)),
  },
  {
    title: "1,900 heads and something else in one piece on a connection that is kept, over HTTP/1.1",
    profile: "open",
    right: /^1901 answered, then 400 and closed$/,
    run: ({ port }) => inTime(sendAtOnce(port, 1900, "BROKEN\r\n\r\n")),
  },
  get("a query behind a second question mark", /^400 INVALID_REQUEST$/, "/api/v1/models?pageSize=1?bogus=1"),
  get("a path that climbs", /^40[04]/, "/api/v1/models/..%2f..%2fmetrics"),
  get("a path with a NUL", /^40[04]/, "/api/v1/models/a%00b"),
  {
    title: "the number of models, asked of /readyz anonymously",
    profile: "guarded",
    right: /^200 {"status":"ready"}$/,
    run: async ({ url }) => {
      const { status, body: text } = await send("1.1", { url, path: "/readyz" });
      return `${status} ${text}`;
    },
  },
  {
    title: "a prediction that a browser sends for another site, without a token",
    profile: "guarded",
    right: /^401$/,
    run: async ({ url }) => {
      const headers = { "content-type": "text/plain", origin: "https://evil.example", "sec-fetch-site": "cross-site" };
      return String((await send("1.1", { url, path: predict, headers, body })).status);
    },
  },
  {
    title: "200 HTTP/2 sessions whose HEADERS never end",
    profile: "guarded",
    right: /^200 ended$/,
    run: ({ port }) =>
      inTime(
        Promise.all(
          Array.from({ length: 200 }, async () => {
            const connection = await openHttp2(port);
            connection.write(http2Frame(frameTypes.headers, endHeaders | endStream, 1, requestBlock("GET", "/livez")));
            connection.write(http2Frame(frameTypes.headers, endStream, 3, requestBlock("GET", "/livez")));
            await connection.closed(10_000);
            return answered(connection, 1);
          }),
        ).then((sessions) => `${sessions.filter((one) => one).length} ended`),
      ),
  },
];

/** Sends many requests without waiting, behind one that has been answered: Node reads them beneath the stream of the socket. */
/** @param behind what is no request, behind which the connection is to close */
async function sendAtOnce(port: number, count: number, behind = ""): Promise<string> {
  const connection = await openRaw(port);
  const head = "GET /livez HTTP/1.1\r\nhost: a\r\n\r\n";
  const answers = (): number => connection.received().split("HTTP/1.1 200").length - 1;
  connection.write(head);
  await until(() => answers() === 1, "the first answer", 10_000);
  connection.write(head.repeat(count) + behind);
  const isOver = (): boolean => connection.isClosed() || (behind === "" && answers() > count);
  await until(isOver, "every answer", 20_000).catch(() => {});
  const refused = connection.received().includes("HTTP/1.1 400 ") ? ", then 400" : "";
  const end = connection.isClosed() ? " and closed" : "";
  connection.destroy();
  return `${answers()} answered${refused}${end}`;
}

function raw(title: string, right: RegExp, lines: readonly string[], rest = ""): Attack {
  return {
    title: `${title}, over HTTP/1.1`,
    profile: "open",
    right,
    run: ({ port }) =>
      inTime(
        (async () => {
          const connection = await openRaw(port);
          const isBody = rest !== "";
          const head = [`${isBody ? "POST" : "GET"} ${isBody ? predict : "/livez"} HTTP/1.1`, ...lines];
          connection.write(`${head.join("\r\n")}\r\nconnection: close\r\n\r\n${rest}`);
          return /^HTTP\/1\.1 (\d+)/.exec(await connection.closed(10_000))?.[1] ?? "closed";
        })(),
      ),
  };
}

function get(title: string, right: RegExp, path: string): Attack {
  return {
    title: `${title}: GET ${path}`,
    profile: "open",
    right,
    run: async ({ url }) => {
      const { status, headers } = await send("1.1", { url, path });
      return `${status} ${headers["x-error-reason"]}`;
    },
  };
}
