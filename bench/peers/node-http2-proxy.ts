/**
 * The bare proxy of gRPC: `node:http2` in front and behind, with its streams instead of requests and responses, and nothing
 * between. It neither reads what it passes on nor limits anything.
 */
import http2 from "node:http2";
import { listening } from "./listening.ts";

const settings = { initialWindowSize: 1024 * 1024 };
const upstream = http2.connect(process.argv[2]!, { settings });
upstream.once("connect", () => upstream.setLocalWindowSize(16 * 1024 * 1024));

const server = http2.createServer({ settings });
server.on("session", (session) => session.setLocalWindowSize(4 * 1024 * 1024));
server.on("stream", (incoming, headers) => {
  const chunks: Buffer[] = [];
  incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
  incoming.on("end", () => {
    const { ":path": path, "content-type": type } = headers;
    const outgoing = upstream.request({ ":method": "POST", ":path": path, "content-type": type, te: "trailers" });
    let trailers: http2.IncomingHttpHeaders = {};
    outgoing.on("response", ({ ":status": status, "content-type": answerType }) => {
      incoming.respond({ ":status": status, "content-type": answerType }, { waitForTrailers: true });
      incoming.on("wantTrailers", () => incoming.sendTrailers({ "grpc-status": trailers["grpc-status"] }));
    });
    outgoing.on("data", (chunk: Buffer) => incoming.write(chunk));
    outgoing.on("trailers", (last) => {
      trailers = last;
    });
    outgoing.on("end", () => incoming.end());
    outgoing.on("error", () => incoming.close());
    outgoing.cork();
    for (const chunk of chunks) outgoing.write(chunk);
    outgoing.uncork();
    outgoing.end();
  });
});
await listening({ http2: server });
