import { connect, type SecureClientSessionOptions } from "node:http2";
import { request } from "node:https";
import { text } from "node:stream/consumers";
import { connect as connectTls } from "node:tls";

/** Test certificates sign themselves. */
const trusting = { rejectUnauthorized: false } satisfies SecureClientSessionOptions;

/** The protocol that the server chooses of those that are offered, and the common name of its certificate. */
export function handshake(
  port: number,
  offered: readonly string[],
): Promise<{ readonly alpn: string | false; readonly commonName: string; readonly protocol: string | null }> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ port, host: "127.0.0.1", ...trusting, ALPNProtocols: [...offered] }, () => {
      const { alpnProtocol } = socket;
      const { subject } = socket.getPeerCertificate();
      resolve({ alpn: alpnProtocol ?? false, commonName: String(subject.CN), protocol: socket.getProtocol() });
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

/** Gets a path over HTTP/1.1 and TLS. */
export function getHttp1(port: number, path: string): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, path, agent: false, ...trusting };
    const asked = request(options, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    });
    asked.on("error", reject);
    asked.end();
  });
}

/** Gets a path over HTTP/2 and TLS. */
export function getHttp2(port: number, path: string): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const session = connect(`https://127.0.0.1:${port}`, trusting);
    session.on("error", reject);
    const stream = session.request({ ":path": path });
    let status = 0;
    stream.on("response", (head) => {
      status = Number(head[":status"]);
    });
    text(stream).then((body) => {
      session.close();
      resolve({ status, body });
    }, reject);
  });
}
