import { resolve } from "node:path";
import {
  loadPackageDefinition,
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceClientConstructor,
  status,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { onTestFinished } from "vitest";

/** A message as the library has it: fields by their names in the contract, integers of 64 bits as text. */
// biome-ignore lint/suspicious/noExplicitAny: messages of another server, which have no types here
export type Message = any;

/** Answers an RPC, or throws a GrpcFault. */
export type AnswerRpc = (request: Message, call: ServerUnaryCall<Message, Message>) => Message | Promise<Message>;

/** The status of an RPC that fails. */
export class GrpcFault extends Error {
  readonly code: number;

  constructor(code: keyof typeof status, message: string) {
    super(message);
    this.code = status[code];
  }
}

const definition = loadSync(resolve(import.meta.dirname, "../../proto/inference/grpc_service.proto"), {
  keepCase: true,
  longs: String,
  defaults: true,
});
const { service } = (loadPackageDefinition(definition).inference as Record<string, ServiceClientConstructor>)
  .GRPCInferenceService!;

const asItIs = (bytes: Buffer): Buffer => bytes;

/** An RPC of Triton's that the protocol has not; its messages are bytes. */
const modelConfig = {
  ModelConfig: {
    path: "/inference.GRPCInferenceService/ModelConfig",
    requestStream: false,
    responseStream: false,
    requestSerialize: asItIs,
    requestDeserialize: asItIs,
    responseSerialize: asItIs,
    responseDeserialize: asItIs,
  },
};

/** A gRPC server of the Open Inference Protocol, made with gRPC's own library. Closed after the test. */
export async function startInferenceServer(rpcs: Readonly<Record<string, AnswerRpc>>, host = "127.0.0.1", port = 0) {
  const seen: { readonly method: string; readonly request: Message; readonly metadata: Metadata }[] = [];
  const server = new Server();
  const handlers = Object.entries(rpcs).map(([method, answer]) => [
    method,
    async (call: ServerUnaryCall<Message, Message>, callback: (error: object | null, answer?: Message) => void) => {
      seen.push({ method, request: call.request, metadata: call.metadata });
      try {
        callback(null, await answer(call.request, call));
      } catch (error) {
        const { code, message } = error as GrpcFault;
        callback({ code: code ?? status.UNKNOWN, details: message, metadata: new Metadata() });
      }
    },
  ]);
  server.addService({ ...service, ...("ModelConfig" in rpcs ? modelConfig : {}) }, Object.fromEntries(handlers));
  const bound = await new Promise<number>((done, failed) => {
    server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (error, at) =>
      error === null ? done(at) : failed(error),
    );
  });
  onTestFinished(() => server.forceShutdown());
  return { port: bound, url: `http://${host}:${bound}`, seen, server };
}

/** Raw contents of doubles. */
export function doubles(...values: number[]): Buffer {
  return Buffer.from(new Float64Array(values).buffer);
}
