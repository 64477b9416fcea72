import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ModelRegistry } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { failureOfCall } from "./call-failure.ts";
import type { ClientOptions } from "./client-options.ts";
import { createConnection } from "./connection.ts";

/** A client of a running server, over gRPC. */
export type RegistryClient = Client<typeof ModelRegistry>;

/** Creates a client on a connection of its own. It must be closed, or the process does not end. */
export function createRegistryClient(options: ClientOptions): { client: RegistryClient; close(): void } {
  const connection = createConnection(options.address, options.ca, options.tokenFile);
  const transport = createGrpcTransport({ baseUrl: options.address, sessionManager: connection });
  return { client: createClient(ModelRegistry, transport), close: () => connection.close() };
}

/**
 * Does something with a client, and closes it.
 *
 * @throws Failure of a call, in words for the user
 */
export async function withClient<T>(options: ClientOptions, use: (client: RegistryClient) => Promise<T>): Promise<T> {
  const { client, close } = createRegistryClient(options);
  try {
    return await use(client);
  } catch (error) {
    throw failureOfCall(error, options);
  } finally {
    close();
  }
}
