import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { rss } from "../../../measure/proc-stat.ts";
import { frame } from "../../../test/support/frame.ts";
import type { Attack } from "../attack.ts";
import { inTime } from "../in-time.ts";
import type { Victim } from "../victim.ts";

const MiB = 1024 ** 2;
const connections = 4000;
const atOnce = 50;
/** So much may all of them take; without a bound it is some 600 MiB. */
const maxBytes = 192 * MiB;

const watched = frame(Buffer.from("{}"));
const watch = Buffer.concat([
  Buffer.from(
    `POST /grpc.health.v1.Health/Watch HTTP/1.1\r\nhost: x\r\ncontent-type: application/connect+json\r\ncontent-length: ${watched.length}\r\n\r\n`,
  ),
  watched,
]);
const behind = Buffer.from("GET /livez HTTP/1.1\r\nhost: x\r\n\r\n".repeat(2000));
const partOfHead = Buffer.from(`GET /livez HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(15_000)}`);

/** Connections that are held, with what each of them takes. */
export const heldConnections: readonly Attack[] = [
  {
    title: `${connections} connections that watch health, with 64 KiB of requests behind, without a token`,
    profile: "guarded",
    right: /^within/,
    run: (victim) => inTime(hold(victim, [watch, behind])),
  },
  {
    title: `${connections} connections with 15 KiB of a head that does not end, without a token`,
    profile: "guarded",
    right: /^within/,
    run: (victim) => inTime(hold(victim, [partOfHead])),
  },
];

/** @param pieces what each connection sends, one after the other */
async function hold({ port, service }: Victim, pieces: readonly Buffer[]): Promise<string> {
  const before = rss(service.pid).now;
  let most = 0;
  const sockets: Socket[] = [];
  const look = (): void => {
    most = Math.max(most, rss(service.pid).now - before);
  };
  for (let opened = 0; opened < connections; opened += atOnce) {
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        const socket = connect({ port, host: "127.0.0.1" });
        sockets.push(socket);
        socket.on("error", () => {});
        socket.resume();
        await Promise.race([once(socket, "connect"), once(socket, "close")]);
      }),
    );
    for (const piece of pieces) {
      for (const socket of sockets.slice(opened)) socket.write(piece);
      await sleep(20);
    }
    look();
  }
  await sleep(500);
  look();
  for (const socket of sockets) socket.destroy();
  const bound = `${maxBytes / MiB} MiB`;
  return most <= maxBytes ? `within ${bound}` : `${Math.round(most / MiB)} MiB, more than ${bound}`;
}
