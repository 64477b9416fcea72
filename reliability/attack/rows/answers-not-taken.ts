import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { frame } from "../../../test/support/frame.ts";
import { endHeaders, endStream, frameTypes, http2Frame, preface } from "../../../test/support/http2-frames.ts";
import { openHttp2, requestBlock } from "../../../test/support/raw-http2.ts";
import { until } from "../../../test/support/until.ts";
import type { Attack } from "../attack.ts";
import { inTime } from "../in-time.ts";

/** SETTINGS_INITIAL_WINDOW_SIZE of nothing: no byte of an answer may be sent. */
const noWindow = http2Frame(frameTypes.settings, 0, 0, Buffer.from([0, 4, 0, 0, 0, 0]));

/** Answers that pile up because nobody takes them. */
export const answersNotTaken: readonly Attack[] = [
  ...(
    [
      ["/metrics", 6, 1000],
      ["/metrics", 60, 100],
      ["/openapi.json", 6, 1000],
      ["/api/v1/models", 1, 1000],
      ["/api/v1/models", 10, 100],
      ["/api/v1/models?watch=true", 1, 1000],
    ] as const
  ).map(
    ([path, connections, streams]): Attack => ({
      title: `${connections} × ${streams} GET ${path} over HTTP/2 with a window of nothing`,
      profile: path.startsWith("/api") ? "open" : "guarded",
      right: /^every stream ended/,
      run: ({ port }) => inTime(askWithoutWindow(port, path, connections, streams)),
    }),
  ),
  {
    title: "4 connections that let 50 answers each go on by a byte, over and over",
    profile: "open",
    right: /^every connection ended/,
    run: ({ port }) => inTime(openWindows(port, 4)),
  },
  {
    title: "4,000 GET /openapi.json over 20 HTTP/1.1 connections that are not read",
    profile: "open",
    right: /^every connection ended/,
    run: ({ port }) => inTime(askWithoutReading(port, 20)),
  },
  {
    title: "one reflection stream with 12,000 questions of 8 bytes, over 1,000 models",
    profile: "open",
    right: /^(answered|ended)/,
    run: ({ port }) => inTime(askReflection(port)),
  },
];

async function askWithoutWindow(port: number, path: string, connections: number, streams: number): Promise<string> {
  const opened = await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect({ port, host: "127.0.0.1" });
      const seen = { ended: 0, closed: false };
      let rest = Buffer.alloc(0);
      socket.on("data", (data) => {
        rest = Buffer.concat([rest, data]);
        while (rest.length >= 9) {
          const end = 9 + rest.readUIntBE(0, 3);
          if (rest.length < end) break;
          if (rest[3] === frameTypes.rstStream) seen.ended++;
          // An answer without a body, which a window does not hold back: a refusal.
          else if (rest[3] === frameTypes.headers && (rest[4]! & endStream) !== 0) seen.ended++;
          rest = rest.subarray(end);
        }
      });
      for (const event of ["error", "close", "end"])
        socket.on(event, () => {
          seen.closed = true;
        });
      const block = requestBlock("GET", path);
      const asked = Array.from({ length: streams }, (_, i) =>
        http2Frame(frameTypes.headers, endHeaders | endStream, 2 * i + 1, block),
      );
      socket.write(Buffer.concat([preface, noWindow, ...asked]));
      return { socket, seen };
    }),
  );
  const over = (): boolean => opened.every(({ seen }) => seen.closed || seen.ended >= streams);
  await until(over, "the end of every stream", 50_000).catch(() => {});
  // What was let go of is seen in memory only while the connections are still there.
  await sleep(500);
  const answer = over() ? "every stream ended" : `${opened.map(({ seen }) => seen.ended)} streams ended`;
  for (const { socket } of opened) socket.destroy();
  return answer;
}

/** Lets answers go on by so little that each piece costs more than it holds: WINDOW_UPDATE frames are never waited for. */
async function openWindows(port: number, count: number): Promise<string> {
  const block = requestBlock("GET", "/api/v1/models");
  const ids = Array.from({ length: 50 }, (_, i) => 2 * i + 1);
  const asked = ids.map((id) => http2Frame(frameTypes.headers, endHeaders | endStream, id, block));
  const byOne = ids.map((id) => http2Frame(frameTypes.windowUpdate, 0, id, Buffer.from([0, 0, 0, 1])));
  const updates = Buffer.concat(Array.from({ length: 100 }, () => byOne).flat());
  const closed = await Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect({ port, host: "127.0.0.1" });
      socket.on("error", () => {});
      socket.resume();
      const gone = once(socket, "close").catch(() => {});
      socket.write(Buffer.concat([preface, noWindow, ...asked]));
      const until = performance.now() + 3000;
      while (performance.now() < until && !socket.destroyed) {
        if (!socket.write(updates)) await Promise.race([once(socket, "drain").catch(() => {}), gone, sleep(500)]);
      }
      const isClosed = socket.destroyed;
      socket.destroy();
      return isClosed;
    }),
  );
  return closed.every(Boolean) ? "every connection ended" : "taken without end";
}

async function askWithoutReading(port: number, count: number): Promise<string> {
  const sockets = Array.from({ length: count }, () => connect({ port, host: "127.0.0.1" }));
  let ended = 0;
  for (const socket of sockets) {
    socket.on("error", () => {});
    socket.once("close", () => ended++);
    socket.once("connect", () => {
      // Many on one connection: the first of them fills what the system holds.
      socket.write("GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(200));
    });
  }
  // A client that reads nothing does not learn of an end, except by writing.
  const writing = setInterval(() => {
    for (const socket of sockets) if (!socket.destroyed) socket.write("GET /livez HTTP/1.1\r\nhost: x\r\n\r\n");
  }, 1000);
  await until(() => ended === count, "the end of every connection", 30_000).catch(() => {});
  clearInterval(writing);
  const answer = ended === count ? "every connection ended" : `${ended} connections ended`;
  for (const socket of sockets) socket.destroy();
  return answer;
}

async function askReflection(port: number): Promise<string> {
  const connection = await openHttp2(port);
  const path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
  connection.write(
    http2Frame(
      frameTypes.headers,
      endHeaders,
      1,
      requestBlock("POST", path, [
        ["content-type", "application/grpc"],
        ["te", "trailers"],
      ]),
    ),
  );
  // list_services of one character, as often as fits into 96 KB.
  const question = frame(Buffer.from([0x3a, 0x01, 0x2a]));
  const all = Buffer.concat(Array<Buffer>(12_000).fill(question));
  for (let at = 0; at < all.length; at += 8000) {
    connection.write(http2Frame(frameTypes.data, 0, 1, all.subarray(at, at + 8000)));
  }
  await sleep(3000);
  const answer = connection.isClosed() ? "ended" : connection.received().length > 1000 ? "answered" : "nothing";
  connection.destroy();
  return answer;
}
