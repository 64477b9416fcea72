import { create, createFileRegistry, type DescFile, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type DescriptorProtoSchema,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  type FieldDescriptorProtoSchema,
  FileDescriptorProtoSchema,
  file_google_protobuf_struct,
} from "@bufbuild/protobuf/wkt";
import { valueUnder } from "../base/value-under.ts";
import type { Contract } from "./contract.ts";
import { type ProtoField, type ProtoFile, type ProtoMessage, structFile } from "./proto-file.ts";

const made = new WeakMap<Contract, DescFile>();

/** The descriptor of a contract, as a compiler would make it from the text, without comments. */
export function descriptorOf(contract: Contract): DescFile {
  return valueUnder(made, contract, () => describe(contract.file));
}

function describe(file: ProtoFile): DescFile {
  const { service } = file;
  const proto = create(FileDescriptorProtoSchema, {
    name: file.fileName,
    package: file.packageName,
    dependency: [structFile],
    messageType: file.messages.map((message) => messageProto(message, file.packageName)),
    service: [
      {
        name: service.name,
        method: [
          {
            name: service.method.name,
            inputType: `.${file.packageName}.${service.method.request}`,
            outputType: `.${file.packageName}.${service.method.response}`,
          },
        ],
      },
    ],
    options: file.options,
    syntax: "proto3",
  });
  const registry = createFileRegistry(proto, (name) => (name === structFile ? file_google_protobuf_struct : undefined));
  return registry.getFile(file.fileName)!;
}

function messageProto(
  { name, fields }: ProtoMessage,
  packageName: string,
): MessageInitShape<typeof DescriptorProtoSchema> {
  const optional = fields.filter(({ label }) => label === "optional");
  return {
    name,
    field: fields.map((field) => fieldProto(field, optional.indexOf(field), packageName)),
    // proto3 represents an `optional` field by a oneof of its own.
    oneofDecl: optional.map((field) => ({ name: `_${field.name}` })),
  };
}

const scalars = {
  double: FieldDescriptorProto_Type.DOUBLE,
  int64: FieldDescriptorProto_Type.INT64,
  bool: FieldDescriptorProto_Type.BOOL,
  string: FieldDescriptorProto_Type.STRING,
} as const;

function fieldProto(
  { name, jsonName, number, type, label }: ProtoField,
  oneofIndex: number,
  packageName: string,
): MessageInitShape<typeof FieldDescriptorProtoSchema> {
  return {
    name,
    jsonName,
    number,
    label: label === "repeated" ? FieldDescriptorProto_Label.REPEATED : FieldDescriptorProto_Label.OPTIONAL,
    ...typeProto(type, packageName),
    ...(oneofIndex < 0 ? {} : { proto3Optional: true, oneofIndex }),
  };
}

function typeProto(
  type: ProtoField["type"],
  packageName: string,
): Pick<MessageInitShape<typeof FieldDescriptorProtoSchema>, "type" | "typeName"> {
  if (typeof type === "object") {
    return { type: FieldDescriptorProto_Type.MESSAGE, typeName: `.${packageName}.${type.message}` };
  }
  if (type === "google.protobuf.Value") return { type: FieldDescriptorProto_Type.MESSAGE, typeName: `.${type}` };
  return { type: scalars[type] };
}
