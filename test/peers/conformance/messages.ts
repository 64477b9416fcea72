import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  createFileRegistry,
  type DescMessage,
  type DescService,
  type FileRegistry,
  fromBinary,
  type Message,
} from "@bufbuild/protobuf";
import { type Any, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { cacheDir } from "../support/paths.ts";

/** A header or trailer with its values in order. */
export interface Header {
  readonly name: string;
  readonly value: string[];
}

/** An error that the handler is asked to raise. */
export interface ErrorDefinition {
  readonly code: number;
  readonly message?: string;
  readonly details: Any[];
}

interface HeadersDefinition {
  readonly responseHeaders: Header[];
  readonly responseTrailers: Header[];
  readonly responseDelayMs: number;
}

/** What a handler with one answer is asked to do. */
export interface UnaryResponseDefinition extends HeadersDefinition {
  readonly response:
    | { case: "responseData"; value: Uint8Array }
    | { case: "error"; value: ErrorDefinition }
    | { case: undefined };
}

/** What a handler with a stream of answers is asked to do. */
export interface StreamResponseDefinition extends HeadersDefinition {
  readonly responseData: Uint8Array[];
  readonly error?: ErrorDefinition;
}

/** Any request of the suite; `fullDuplex` only on bidirectional streams. */
export interface ConformanceRequest<Definition> extends Message {
  readonly responseDefinition?: Definition;
  readonly fullDuplex?: boolean;
}

/** What the runner sends the server program. Codes of `HTTPVersion`: 1 is HTTP/1.1, 2 is HTTP/2. */
export interface ServerCompatRequest extends Message {
  readonly useTls: boolean;
  readonly clientTlsCert: Uint8Array;
  readonly messageReceiveLimit: number;
  readonly serverCreds?: { readonly cert: Uint8Array; readonly key: Uint8Array };
}

/**
 * The descriptors of the suite, from its Go module by way of `test/peers/install.sh`. The few fields that the server
 * reads are declared above, so that type checks need no generated code of a download.
 */
export const registry: FileRegistry = createFileRegistry(
  fromBinary(FileDescriptorSetSchema, readFileSync(join(cacheDir, "conformance.binpb"))),
);

/** The service that the runner calls. */
export const conformanceService: DescService = found(registry.getService(fullName("ConformanceService")));

/** The descriptor of a message of the suite: `RequestInfo` is `ConformancePayload.RequestInfo`. */
export function messageDesc(name: string): DescMessage {
  return found(registry.getMessage(fullName(name)));
}

function fullName(name: string): string {
  return `connectrpc.conformance.v1.${name}`;
}

function found<T>(desc: T | undefined): T {
  if (desc === undefined) throw new Error("The conformance descriptors lack a type; run test/peers/install.sh");
  return desc;
}
