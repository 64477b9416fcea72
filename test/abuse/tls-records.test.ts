import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { expect, it, onTestFinished } from "vitest";
import { createListener } from "../../src/listen/listener.ts";
import { readTlsFiles } from "../../src/listen/tls-files.ts";
import { makeCertificate, temporaryFolder } from "../support/certificates.ts";
import { until } from "../support/until.ts";

/** More than the buffers of a connection take, so that the server is left with some of it. */
const large = Buffer.alloc(32 * 1024 * 1024, "x");

async function listen(): Promise<number> {
  const { certFile, keyFile } = makeCertificate(temporaryFolder(), "first");
  const listener = createListener({ tls: readTlsFiles({ certFile, keyFile }) }, (request, response) => {
    request.resume();
    request.once("end", () => response.end(request.url === "/large" ? large : "small"));
  });
  const { port } = await listener.listen(0, "127.0.0.1");
  onTestFinished(() => listener.close(100));
  return port;
}

it("takes a request of several TLS records that arrive at once, while an answer waits to be sent", async () => {
  const tcp = connectTcp(await listen(), "127.0.0.1");
  const tunnel = new Duplex({
    read: () => void tcp.resume(),
    write: (bytes, _encoding, done) => {
      tcp.write(bytes);
      done();
    },
  });
  tcp.on("data", (bytes) => {
    if (!tunnel.push(bytes)) tcp.pause();
  });
  tcp.on("end", () => tunnel.push(null));
  const tls = connectTls({ socket: tunnel, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] });
  let received = 0;
  let tail = "";
  await once(tls, "secureConnect");
  tls.write("GET /large HTTP/1.1\r\nhost: x\r\n\r\n");
  await once(tls, "readable");

  tcp.cork();
  tls.write("POST /small HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n");
  const headBytes = tcp.writableLength;
  tls.write("four");
  await until(() => tcp.writableLength > headBytes, "both records wait to be sent");
  tcp.uncork();
  await sleep(50);

  tls.on("data", (bytes: Buffer) => {
    received += bytes.length;
    tail = (tail + bytes.subarray(-200).toString("latin1")).slice(-200);
  });
  await until(() => tail.endsWith("small") || tls.readableEnded, "both answers come");
  expect(tail).toMatch(/small$/);
  expect(received).toBeGreaterThan(large.length);
  tls.destroy();
  tcp.destroy();
});
