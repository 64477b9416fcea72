import type { DescMethod } from "@bufbuild/protobuf";
import type { LeanExchange } from "./lean-body.ts";

/** A method that answers one message with a stream of them. */
export interface LeanStreamMethod<Asked> {
  readonly method: DescMethod;
  /** Reads a request. Undefined for what Connect is to read, or to refuse. */
  read(message: Buffer, isJson: boolean): Asked | undefined;
  /** The messages of the answer, written, until the caller leaves. @throws RegistryError */
  answer(asked: Asked, exchange: LeanExchange, isJson: boolean): AsyncIterable<Uint8Array>;
}
