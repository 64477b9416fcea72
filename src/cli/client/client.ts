import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ModelCatalog } from "../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import { ModelRegistry } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { failureOfCall } from "./call-failure.ts";
import type { ClientOptions } from "./client-options.ts";
import { createConnection } from "./connection.ts";

/** A client of a running server, over gRPC. */
export type RegistryClient = Client<typeof ModelRegistry>;

/** The same of its registry of versions. */
export type VersionsClient = Client<typeof VersionRegistry>;

/** The same of its catalog. */
export type CatalogClient = Client<typeof ModelCatalog>;

/**
 * Creates a client on a connection of its own. It must be closed, or the process does not end. Each call may take as
 * long as the options say, unless it says something else: 0 for as long as it likes.
 */
export function createRegistryClient(options: ClientOptions): { client: RegistryClient; close(): void } {
  return createClientOf(ModelRegistry, options);
}

/**
 * Does something with a client, and closes it.
 *
 * @throws Failure of a call, in words for the user
 */
export function withClient<T>(options: ClientOptions, use: (client: RegistryClient) => Promise<T>): Promise<T> {
  return withClientOf(ModelRegistry, options, use);
}

/** The same with a client of the registry of versions. */
export function withVersions<T>(options: ClientOptions, use: (client: VersionsClient) => Promise<T>): Promise<T> {
  return withClientOf(VersionRegistry, options, use);
}

/** The same with a client of the catalog. */
export function withCatalog<T>(options: ClientOptions, use: (client: CatalogClient) => Promise<T>): Promise<T> {
  return withClientOf(ModelCatalog, options, use);
}

/** Which page of a list is wanted. */
export interface PageRequest {
  readonly pageSize: number;
  readonly pageToken: string;
}

/** Everything that a list holds, page by page: what its answers have in `field`. */
export async function allPages<
  Request,
  Answer extends { readonly nextPageToken: string },
  Field extends keyof Answer & string,
>(
  list: (request: Request) => Promise<Answer>,
  field: Field,
  request: Omit<Request, keyof PageRequest>,
): Promise<ItemOf<Answer[Field]>[]> {
  const all: ItemOf<Answer[Field]>[] = [];
  let pageToken = "";
  do {
    const page: PageRequest = { pageSize: 1000, pageToken };
    const answer = await list({ ...request, ...page } as Request);
    all.push(...(answer[field] as ItemOf<Answer[Field]>[]));
    pageToken = answer.nextPageToken;
  } while (pageToken !== "");
  return all;
}

type ItemOf<List> = List extends readonly (infer Item)[] ? Item : never;

function createClientOf<Service extends DescService>(
  service: Service,
  options: ClientOptions,
): { client: Client<Service>; close(): void } {
  const { address, ca, tokenFile, timeoutMs } = options;
  const connection = createConnection(address, ca, tokenFile);
  const transport = createGrpcTransport({
    baseUrl: address,
    sessionManager: connection,
    defaultTimeoutMs: timeoutMs,
  });
  return { client: createClient(service, transport), close: () => connection.close() };
}

async function withClientOf<Service extends DescService, T>(
  service: Service,
  options: ClientOptions,
  use: (client: Client<Service>) => Promise<T>,
): Promise<T> {
  const { client, close } = createClientOf(service, options);
  try {
    return await use(client);
  } catch (error) {
    throw failureOfCall(error, options);
  } finally {
    close();
  }
}
