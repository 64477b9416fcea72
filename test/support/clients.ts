import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Client, createClient } from "@connectrpc/connect";
import { ModelRegistry, type PredictRequestSchema } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { transportOf, type Way } from "./ways.ts";

/** A client of the registry. */
export type RegistryClient = Client<typeof ModelRegistry>;

/** A client of a server by one protocol, closed after the test. */
export function clientOf(way: Way, url: string): RegistryClient {
  return createClient(ModelRegistry, transportOf(way, url));
}

/** A request for one or more rows of numbers, as `instances`. */
export function rows(name: string, ...instances: number[][]) {
  const values = instances.map((row) => ({
    kind: {
      case: "listValue" as const,
      value: { values: row.map((value) => ({ kind: { case: "numberValue" as const, value } })) },
    },
  }));
  return { name, input: { case: "instances" as const, value: { values } } };
}

/** A request with a KServe v1 body as text. */
export function bodyOf(name: string, body: string): MessageInitShape<typeof PredictRequestSchema> {
  return { name, input: { case: "body", value: Buffer.from(body) } };
}
