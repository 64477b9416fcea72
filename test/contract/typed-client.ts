import { type DescService, fromJson, type JsonObject, toJson } from "@bufbuild/protobuf";
import { type CallOptions, createClient, type Transport } from "@connectrpc/connect";

/** Calls `Predict` of a service that is known by its descriptor alone, with JSON in and JSON out. */
export async function typedPredict(
  transport: Transport,
  service: DescService,
  request: JsonObject,
  options: CallOptions = {},
): Promise<JsonObject> {
  const { input, output } = service.method.predict!;
  const client = createClient(service, transport) as unknown as Record<string, (...args: unknown[]) => Promise<never>>;
  return toJson(output, await client.predict!(fromJson(input, request), options)) as JsonObject;
}
