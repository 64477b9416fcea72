import type { FileOptions } from "./file-options.ts";

/** The type of a field: a scalar, `google.protobuf.Value`, or a message of the same file. */
export type FieldType = "double" | "int64" | "bool" | "string" | "google.protobuf.Value" | { readonly message: string };

/** One field of a message. */
export interface ProtoField {
  readonly name: string;
  readonly jsonName: string;
  readonly number: number;
  readonly type: FieldType;
  /** `optional` fields know whether they are set. */
  readonly label?: "optional" | "repeated";
  readonly comment: readonly string[];
}

/** One message. */
export interface ProtoMessage {
  readonly name: string;
  readonly comment: readonly string[];
  readonly fields: readonly ProtoField[];
}

/** A proto3 file with one service of one method, from which both text and descriptor are made. */
export interface ProtoFile {
  readonly fileName: string;
  readonly packageName: string;
  readonly options: FileOptions;
  /** Stands at the top. */
  readonly comment: readonly string[];
  readonly service: {
    readonly name: string;
    readonly comment: readonly string[];
    readonly method: {
      readonly name: string;
      readonly comment: readonly string[];
      readonly request: string;
      readonly response: string;
    };
  };
  readonly messages: readonly ProtoMessage[];
}

/** The file that every contract imports, for `google.protobuf.Value`. */
export const structFile = "google/protobuf/struct.proto";
