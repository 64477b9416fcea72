/**
 * The server program of Connect's conformance runner: the conformance service behind the listener and the handler of
 * this project. The runner says on standard input how to serve, reads the address from standard output, and ends the
 * program with SIGTERM.
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { createConnectHandler } from "../../../src/api/rpc/connect-handler.ts";
import { endUploadAfterAnswer } from "../../../src/api/upload.ts";
import { createListener } from "../../../src/listen/listener.ts";
import { frame, readFrame } from "./frame.ts";
import { messageDesc, type ServerCompatRequest } from "./messages.ts";
import { registerConformanceService } from "./service.ts";

const request = fromBinary(messageDesc("ServerCompatRequest"), await readFrame(process.stdin)) as ServerCompatRequest;
const tls = request.useTls && request.serverCreds !== undefined ? request.serverCreds : undefined;

const maxMessageBytes = request.messageReceiveLimit || 16 * 1024 * 1024;
const handler = createConnectHandler({
  routes: registerConformanceService,
  limits: {
    maxRequestBytes: maxMessageBytes,
    maxRecordBytes: maxMessageBytes,
    maxQueryBytes: maxMessageBytes,
    maxMessageValues: 1_000_000,
  },
  // The suite compares errors word for word and detail for detail.
  explainErrors: false,
});
const files = tls && { cert: Buffer.from(tls.cert), key: Buffer.from(tls.key) };
const listener = createListener({ tls: files }, (request, httpResponse) => {
  endUploadAfterAnswer(request, httpResponse);
  handler(request, httpResponse);
});
const { port } = await listener.listen(0, "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));

const response = messageDesc("ServerCompatResponse");
process.stdout.write(
  frame(toBinary(response, create(response, { host: "127.0.0.1", port, ...(tls && { pemCert: tls.cert }) }))),
);
