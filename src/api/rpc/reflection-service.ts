import { create, type DescFile, type DescMessage, type MessageShape, toBinary } from "@bufbuild/protobuf";
import type { GenMessage } from "@bufbuild/protobuf/codegenv2";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, type HandlerContext } from "@connectrpc/connect";
import { whenNotBusy } from "../../base/yield-if-busy.ts";

/** A question, in the shape that v1 and v1alpha share. */
interface Question {
  readonly host: string;
  readonly messageRequest:
    | { case: "fileByFilename" | "fileContainingSymbol" | "allExtensionNumbersOfType" | "listServices"; value: string }
    | { case: "fileContainingExtension"; value: { readonly containingType: string; readonly extensionNumber: number } }
    | { case: undefined; value?: undefined };
}

/** Finds files by name and by symbol. */
export interface FileIndex {
  readonly services: readonly string[];
  readonly byName: FileLookup;
  readonly bySymbol: FileLookup;
}

interface FileLookup {
  get(name: string): DescFile | undefined;
}

/** Indexes files and everything they import. */
export function createFileIndex(roots: readonly DescFile[]): FileIndex {
  const byName = new Map<string, DescFile>();
  const bySymbol = new Map<string, DescFile>();
  const services: string[] = [];
  const add = (file: DescFile): void => {
    const name = fileName(file);
    if (byName.has(name)) return;
    byName.set(name, file);
    file.dependencies.forEach(add);
    for (const message of file.messages) addMessage(message, file);
    for (const enum_ of file.enums) addEnum(enum_, file);
    for (const extension of file.extensions) bySymbol.set(extension.typeName, file);
    for (const service of file.services) {
      bySymbol.set(service.typeName, file);
      services.push(service.typeName);
      for (const method of service.methods) bySymbol.set(`${service.typeName}.${method.name}`, file);
    }
  };
  const addMessage = (message: DescMessage, file: DescFile): void => {
    bySymbol.set(message.typeName, file);
    for (const field of message.fields) bySymbol.set(`${message.typeName}.${field.name}`, file);
    for (const oneof of message.oneofs) bySymbol.set(`${message.typeName}.${oneof.name}`, file);
    for (const nested of message.nestedMessages) addMessage(nested, file);
    // The entries of maps are messages as well, though generated code leaves them out.
    for (const nested of message.proto.nestedType) bySymbol.set(`${message.typeName}.${nested.name}`, file);
    for (const nested of message.nestedEnums) addEnum(nested, file);
    for (const extension of message.nestedExtensions) bySymbol.set(extension.typeName, file);
  };
  const addEnum = (enum_: DescFile["enums"][number], file: DescFile): void => {
    bySymbol.set(enum_.typeName, file);
    // The values of an enum are siblings of the enum, not its children.
    const scope = enum_.typeName.slice(0, enum_.typeName.lastIndexOf(".") + 1);
    for (const value of enum_.values) bySymbol.set(scope + value.name, file);
  };
  roots.forEach(add);
  return { services: services.sort(), byName, bySymbol };
}

/**
 * The method of gRPC server reflection. v1 and v1alpha are the same protocol under two names, so one function serves
 * both.
 */
export function createReflection<Response extends DescMessage>(
  index: (context: HandlerContext) => Promise<FileIndex>,
  responseSchema: Response,
) {
  return async function* serverReflectionInfo(
    requests: AsyncIterable<Question>,
    context: HandlerContext,
  ): AsyncGenerator<MessageShape<Response>> {
    for await (const request of requests) {
      // Questions are short, and their answers are long.
      await whenNotBusy(requests);
      yield create(
        responseSchema as unknown as GenMessage<never>,
        {
          validHost: request.host,
          originalRequest: request,
          messageResponse: answer(request.messageRequest, await index(context)),
        } as never,
      ) as MessageShape<Response>;
    }
  };
}

function answer(request: Question["messageRequest"], index: FileIndex): unknown {
  switch (request.case) {
    case "listServices":
      return { case: "listServicesResponse", value: { service: index.services.map((name) => ({ name })) } };
    case "fileByFilename":
      return filesOrError(index.byName.get(request.value), `file ${request.value}`);
    case "fileContainingSymbol":
      return filesOrError(index.bySymbol.get(request.value.replace(/^\./, "")), `symbol ${request.value}`);
    case "fileContainingExtension":
      // No file of ours extends a message.
      return notFound(`extension ${request.value.extensionNumber} of ${request.value.containingType}`);
    case "allExtensionNumbersOfType":
      if (index.bySymbol.get(request.value) === undefined) return notFound(`message ${request.value}`);
      return {
        case: "allExtensionNumbersResponse",
        value: { baseTypeName: request.value, extensionNumber: [] },
      };
    default:
      return {
        case: "errorResponse",
        value: { errorCode: Code.InvalidArgument, errorMessage: "message_request is missing" },
      };
  }
}

function filesOrError(file: DescFile | undefined, asked: string): unknown {
  if (file === undefined) return notFound(asked);
  return {
    case: "fileDescriptorResponse",
    value: { fileDescriptorProto: withImports(file).map((f) => toBinary(FileDescriptorProtoSchema, f.proto)) },
  };
}

function withImports(file: DescFile): DescFile[] {
  const files = new Set<DescFile>();
  const add = (f: DescFile): void => {
    if (files.has(f)) return;
    files.add(f);
    f.dependencies.forEach(add);
  };
  add(file);
  return [...files];
}

function notFound(asked: string): unknown {
  return {
    case: "errorResponse",
    value: { errorCode: Code.NotFound, errorMessage: `${asked.slice(0, 200)} is not known` },
  };
}

/** Files are named with their ending; the descriptors of generated code leave it out. */
function fileName(file: DescFile): string {
  return file.proto.name;
}
