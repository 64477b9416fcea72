import { type DescService, fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import {
  type ServerReflectionRequestSchema,
  type ServerReflectionResponse,
  ServerReflection as V1,
} from "../../gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as V1Alpha } from "../../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { wayNamed } from "../support/predict-forms.ts";
import { startRegistry } from "../support/running-service.ts";
import { transportOf } from "../support/ways.ts";

type Question = MessageInitShape<typeof ServerReflectionRequestSchema>["messageRequest"];

const versions = [
  ["v1", V1],
  ["v1alpha", V1Alpha],
] as const;

/** Asks all questions on one stream, and gives the answers. */
async function ask(service: DescService, ...questions: NonNullable<Question>[]): Promise<ServerReflectionResponse[]> {
  const { url } = await startRegistry();
  // Both versions are the same protocol.
  const client = createClient(service as typeof V1, transportOf(wayNamed("grpc/2"), url));
  const answers: ServerReflectionResponse[] = [];
  const requests = async function* () {
    for (const messageRequest of questions) yield { host: "h", messageRequest };
  };
  for await (const answer of client.serverReflectionInfo(requests())) answers.push(answer);
  return answers;
}

/** The names of the files in an answer, in their order. */
function filesIn({ messageResponse }: ServerReflectionResponse): string[] {
  if (messageResponse.case !== "fileDescriptorResponse") return [`${messageResponse.case}`];
  return messageResponse.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name);
}

describe.each(versions)("reflection %s", (_version, service) => {
  it("lists the services", async () => {
    const [answer] = await ask(service, { case: "listServices", value: "" });
    expect(answer?.validHost).toBe("h");
    expect(answer?.originalRequest?.messageRequest).toEqual({ case: "listServices", value: "" });
    const { messageResponse } = answer!;
    if (messageResponse.case !== "listServicesResponse") throw new Error(messageResponse.case);
    expect(messageResponse.value.service.map(({ name }) => name)).toEqual([
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
      "inference.GRPCInferenceService",
      "kserve.registry.v1.ModelRegistry",
    ]);
  });

  it.each([
    ["a service", "kserve.registry.v1.ModelRegistry", "kserve/registry/v1/model_registry.proto"],
    ["a service with a dot before it", ".kserve.registry.v1.ModelRegistry", "kserve/registry/v1/model_registry.proto"],
    ["a method", "kserve.registry.v1.ModelRegistry.Predict", "kserve/registry/v1/model_registry.proto"],
    ["a message", "kserve.registry.v1.PredictRequest", "kserve/registry/v1/model_registry.proto"],
    ["a field", "kserve.registry.v1.PredictRequest.instances", "kserve/registry/v1/model_registry.proto"],
    ["a oneof", "kserve.registry.v1.PredictRequest.input", "kserve/registry/v1/model_registry.proto"],
    ["an enum", "kserve.registry.v1.ModelType", "kserve/registry/v1/model.proto"],
    ["a value of an enum", "kserve.registry.v1.MODEL_TYPE_ANOMALY", "kserve/registry/v1/model.proto"],
    ["a nested enum", "grpc.health.v1.HealthCheckResponse.ServingStatus", "grpc/health/v1/health.proto"],
    ["a nested message", "kserve.registry.v1.OutputFormat.LabelsEntry", "kserve/registry/v1/model.proto"],
    ["a message of an error", "google.rpc.ErrorInfo", "google/rpc/error_details.proto"],
    ["the status of an error", "google.rpc.Status", "google/rpc/status.proto"],
    ["a detail of ours", "kserve.registry.v1.PredictFailure", "kserve/registry/v1/error_reason.proto"],
    ["a message of protobuf", "google.protobuf.Struct", "google/protobuf/struct.proto"],
    ["itself", "grpc.reflection.v1.ServerReflection", "grpc/reflection/v1/reflection.proto"],
  ])("finds the file of %s", async (_title, symbol, file) => {
    const [answer] = await ask(service, { case: "fileContainingSymbol", value: symbol });
    expect(filesIn(answer!)[0]).toBe(file);
  });

  it("sends a file with everything it imports", async () => {
    const value = "kserve/registry/v1/model_registry.proto";
    const [answer] = await ask(service, { case: "fileByFilename", value });
    expect(filesIn(answer!).sort()).toEqual([
      "google/protobuf/duration.proto",
      "google/protobuf/struct.proto",
      "google/protobuf/timestamp.proto",
      "kserve/registry/v1/examination.proto",
      "kserve/registry/v1/model.proto",
      "kserve/registry/v1/model_registry.proto",
      "kserve/registry/v1/prediction.proto",
    ]);
  });

  it.each<[string, NonNullable<Question>]>([
    ["a file", { case: "fileByFilename", value: "no/such.proto" }],
    ["a symbol", { case: "fileContainingSymbol", value: "no.such.Symbol" }],
    ["a symbol that every object has", { case: "fileContainingSymbol", value: "constructor" }],
    ["an extension", { case: "fileContainingExtension", value: { containingType: "a.B", extensionNumber: 1 } }],
    ["the extensions of a message", { case: "allExtensionNumbersOfType", value: "no.such.Message" }],
  ])("says NOT_FOUND for %s that is not there", async (_title, question) => {
    const [answer] = await ask(service, question);
    expect(answer?.messageResponse).toMatchObject({ case: "errorResponse", value: { errorCode: 5 } });
  });

  it("knows the extensions of a message: none", async () => {
    const value = "kserve.registry.v1.Model";
    const [answer] = await ask(service, { case: "allExtensionNumbersOfType", value });
    expect(answer?.messageResponse).toMatchObject({
      case: "allExtensionNumbersResponse",
      value: { baseTypeName: value, extensionNumber: [] },
    });
  });

  it("rejects an empty request, and continues", async () => {
    const answers = await ask(service, { case: undefined }, { case: "listServices", value: "*" });
    expect(answers.map(({ messageResponse }) => messageResponse.case)).toEqual([
      "errorResponse",
      "listServicesResponse",
    ]);
    expect(answers[0]?.messageResponse).toMatchObject({ value: { errorCode: 3 } });
  });
});
