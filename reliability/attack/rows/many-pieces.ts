import { setTimeout as sleep } from "node:timers/promises";
import { endHeaders, frameTypes, http2Frame } from "../../../test/support/http2-frames.ts";
import { openRaw } from "../../../test/support/raw-connection.ts";
import { answered, openHttp2, type ReceivedFrame, requestBlock } from "../../../test/support/raw-http2.ts";
import { until } from "../../../test/support/until.ts";
import type { Attack } from "../attack.ts";
import { inTime } from "../in-time.ts";
import { plainModel } from "../victim.ts";

const MiB = 1024 ** 2;
const rest = `/v1/models/${plainModel}:predict`;
const rpc = "/kserve.registry.v1.ModelRegistry/Predict";
const health = "/grpc.health.v1.Health/Check";
const connections = 4;

/** Bodies in pieces that cost more than they hold. */
export const manyPieces: readonly Attack[] = [
  ...[
    { path: rest, contentType: "application/json" },
    { path: rpc, contentType: "application/json" },
    { path: "/kserve.registry.v1.ModelRegistry/EvaluateModel", contentType: "application/json" },
    { path: health, contentType: "application/proto" },
    { path: "/api/v1/models?watch=true", contentType: "application/json" },
  ].map(
    ({ path, contentType }): Attack => ({
      title: `a megabyte in chunks of one byte, ${connections} times side by side, to ${path}`,
      profile: "open",
      right: /^(HTTP\/1\.1 (200|4\d\d|503)|nothing|closed)/,
      run: ({ port }) =>
        side(async () => {
          const connection = await openRaw(port);
          const method = path.includes("watch") ? "GET" : "POST";
          connection.write(
            `${method} ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: ${contentType}\r\ntransfer-encoding: chunked\r\n\r\n`,
          );
          const piece = Buffer.from("1\r\n \r\n".repeat(16_384));
          for (let sent = 0; sent < 6 * MiB && !connection.isClosed(); sent += piece.length) {
            if (!connection.socket.write(piece)) await drained(connection.socket);
          }
          // It has not ended: what has come is held until BODY_TIMEOUT, or refused before.
          await until(() => connection.received() !== "" || connection.isClosed(), "an answer", 10_000).catch(() => {});
          const answer = connection.received().split("\r\n")[0];
          connection.destroy();
          return answer || (connection.isClosed() ? "closed" : "nothing");
        }),
    }),
  ),
  ...(
    [
      [health, "guarded"],
      [rpc, "open"],
    ] as const
  ).map(
    ([path, profile]): Attack => ({
      title: `8 × 1,000 calls of ${path} whose bodies never come`,
      profile,
      right: /^refused/,
      run: ({ port }) => inTime(hold(port, 8, path)),
    }),
  ),
  {
    title: `a megabyte in DATA frames of one byte and 255 of padding, ${connections} times side by side`,
    profile: "open",
    right: /^(answered|closed)/,
    run: ({ port }) =>
      side(async () => {
        const connection = await openHttp2(port);
        const block = requestBlock("POST", rpc, [["content-type", "application/json"]]);
        connection.write(http2Frame(frameTypes.headers, endHeaders, 1, block));
        const padded = http2Frame(
          frameTypes.data,
          0x8,
          1,
          Buffer.concat([Buffer.from([255, 0x20]), Buffer.alloc(255)]),
        );
        const piece = Buffer.concat(Array<Buffer>(64).fill(padded));
        const done = (): boolean => connection.isClosed() || answered(connection, 1);
        // Beyond its windows a server may close the connection; its window updates let more in.
        for (let sent = 0; sent < MiB && !done(); sent += piece.length) {
          if (!connection.socket.write(piece)) await drained(connection.socket);
        }
        await until(done, "an answer", 10_000).catch(() => {});
        const answer = connection.isClosed() ? "closed" : answered(connection, 1) ? "answered" : "nothing";
        connection.destroy();
        return answer;
      }),
  },
];

/** Calls whose bodies never come: each costs what is kept for a call. */
async function hold(port: number, count: number, path: string): Promise<string> {
  const block = requestBlock("POST", path, [
    ["content-type", "application/grpc"],
    ["te", "trailers"],
  ]);
  const heads = Buffer.concat(
    Array.from({ length: 1000 }, (_, i) => http2Frame(frameTypes.headers, endHeaders, 2 * i + 1, block)),
  );
  const opened = await Promise.all(
    Array.from({ length: count }, async () => {
      const connection = await openHttp2(port);
      connection.write(heads);
      return connection;
    }),
  );
  const isRefused = (): boolean => opened.some((one) => one.goaways().length > 0 || one.frames().some(isRefusal));
  await until(isRefused, "a refusal", 10_000).catch(() => {});
  await sleep(1000);
  const answer = isRefused() ? "refused beyond MAX_CALLS" : "held all";
  for (const connection of opened) connection.destroy();
  return answer;
}

const refusedStream = 7;

function isRefusal({ type, payload }: ReceivedFrame): boolean {
  return type === frameTypes.rstStream && payload.readUInt32BE(0) === refusedStream;
}

async function side(one: () => Promise<string>): Promise<string> {
  const answers = await Promise.all(Array.from({ length: connections }, () => inTime(one())));
  return answers[0]!;
}

function drained(socket: { once(event: string, listener: () => void): unknown; destroyed: boolean }): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    socket.once("drain", resolve);
    socket.once("close", resolve);
  });
}
