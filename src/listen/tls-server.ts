import type { Socket } from "node:net";
import tls from "node:tls";
import type { ConnectionLimits } from "./connection-limits.ts";
import { socketOptions } from "./socket-options.ts";
import type { TlsFiles } from "./tls-files.ts";

/** A TLS server that hands each connection over according to the HTTP version that its client chose. */
export function createTlsServer(
  files: TlsFiles,
  { headersTimeoutMs }: ConnectionLimits,
  acceptHttp1: (socket: Socket) => void,
  acceptHttp2: (socket: Socket) => void,
): tls.Server {
  const server = tls.createServer({
    ...socketOptions,
    ...secureOptions(files),
    // Clients that offer none of these are refused (RFC 7301, 3.2); `curl --http1.0` offers only the last.
    ALPNProtocols: ["h2", "http/1.1", "http/1.0"],
    handshakeTimeout: headersTimeoutMs,
  });
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  return server.on("secureConnection", (socket) => {
    socket.on("error", () => {});
    if (socket.alpnProtocol === "h2") acceptHttp2(socket);
    else acceptHttp1(socket);
  });
}

/** Clients without a certificate signed by the authorities are accepted here; the handler says what is missing. */
function secureOptions(files: TlsFiles): tls.TlsOptions {
  return files.ca === undefined ? files : { ...files, requestCert: true, rejectUnauthorized: false };
}
