import { create, createFileRegistry, type DescService, type FileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { createClient, type Transport } from "@connectrpc/connect";
import { ServerReflection } from "../../gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionAlpha } from "../../gen/grpc/reflection/v1alpha/reflection_pb.ts";

/** The versions of the reflection protocol, which are the same but for their name. */
export const reflections = { v1: ServerReflection, v1alpha: ServerReflectionAlpha } as const;

type Question =
  | { case: "listServices" | "fileByFilename" | "fileContainingSymbol"; value: string }
  | { case: undefined; value?: undefined };

/** Asks reflection one thing. */
async function ask(transport: Transport, version: keyof typeof reflections, messageRequest: Question) {
  const client = createClient(reflections[version] as typeof ServerReflection, transport);
  const requests = async function* () {
    yield { messageRequest };
  };
  for await (const { messageResponse } of client.serverReflectionInfo(requests())) return messageResponse;
  throw new Error("no answer");
}

/** The services that reflection lists. */
export async function listServices(transport: Transport, version: keyof typeof reflections = "v1"): Promise<string[]> {
  const answer = await ask(transport, version, { case: "listServices", value: "*" });
  if (answer.case !== "listServicesResponse") throw new Error(JSON.stringify(answer.value));
  return answer.value.service.map(({ name }) => name);
}

/** What reflection knows of a symbol or a file: descriptors, or the words of an error. */
export async function describeBy(
  transport: Transport,
  question: Extract<Question, { value: string }>,
  version: keyof typeof reflections = "v1",
): Promise<FileRegistry | string> {
  const answer = await ask(transport, version, question);
  if (answer.case === "errorResponse") return answer.value.errorMessage;
  if (answer.case !== "fileDescriptorResponse") throw new Error(`an answer to something else: ${answer.case}`);
  const file = answer.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
  // A set has imports before what imports them; reflection answers in the other order.
  return createFileRegistry(create(FileDescriptorSetSchema, { file: file.reverse() }));
}

/** A service as reflection describes it. */
export async function reflectedService(
  transport: Transport,
  typeName: string,
  version: keyof typeof reflections = "v1",
): Promise<DescService> {
  const described = await describeBy(transport, { case: "fileContainingSymbol", value: typeName }, version);
  if (typeof described === "string") throw new Error(described);
  const service = described.getService(typeName);
  if (service === undefined) throw new Error(`${typeName} is not in its file`);
  return service;
}
