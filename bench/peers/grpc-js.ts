/** The peer with the server of `@grpc/grpc-js`, and the generated messages of protobuf-es as its codecs. */
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import type { ServerUnaryCall } from "@grpc/grpc-js";
import { Server, ServerCredentials, type ServiceDefinition, type sendUnaryData, status } from "@grpc/grpc-js";
import {
  type PredictRequest,
  PredictRequestSchema,
  type PredictResponse,
  PredictResponseSchema,
} from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { predict } from "./node-predict.ts";

const service: ServiceDefinition = {
  predict: {
    path: "/kserve.registry.v1.ModelRegistry/Predict",
    requestStream: false,
    responseStream: false,
    requestSerialize: (message: PredictRequest) => Buffer.from(toBinary(PredictRequestSchema, message)),
    requestDeserialize: (bytes: Buffer) => fromBinary(PredictRequestSchema, bytes),
    responseSerialize: (message: PredictResponse) => Buffer.from(toBinary(PredictResponseSchema, message)),
    responseDeserialize: (bytes: Buffer) => fromBinary(PredictResponseSchema, bytes),
  },
};

// The windows and the limit of the service under test.
const server = new Server({
  "grpc.max_receive_message_length": 16 * 1024 * 1024,
  "grpc-node.flow_control_window": 1024 * 1024,
});
server.addService(service, {
  predict(call: ServerUnaryCall<PredictRequest, PredictResponse>, callback: sendUnaryData<PredictResponse>) {
    const caller = new AbortController();
    call.on("cancelled", () => caller.abort());
    predict(call.request, caller.signal).then(
      (response) => callback(null, response),
      (error: Error) => callback({ code: status.INTERNAL, message: error.message }),
    );
  },
});
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  console.log(JSON.stringify({ http1: 0, http2: port }));
});
