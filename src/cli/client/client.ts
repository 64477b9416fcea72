import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ModelCatalog } from "../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import { ModelRegistry } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { Failure } from "../failure.ts";
import { failureOfCall } from "./call-failure.ts";
import type { ClientOptions } from "./client-options.ts";
import { createConnection } from "./connection.ts";

/** A client of a running server, over gRPC. */
export type RegistryClient = Client<typeof ModelRegistry>;

/** The same of its registry of versions. */
export type VersionsClient = Client<typeof VersionRegistry>;

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
export const withClient = clientUser(ModelRegistry);

/** The same with a client of the registry of versions. */
export const withVersions = clientUser(VersionRegistry);

/** The same with a client of the catalog. */
export const withCatalog = clientUser(ModelCatalog);

/** Which page of a list is wanted. */
export interface PageRequest {
  readonly pageSize: number;
  readonly pageToken: string;
}

/**
 * Everything that a list holds, page by page: what its answers have in `field`.
 *
 * @throws Failure when the pages do not end
 */
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
  const tokens = new Set<string>();
  let pageToken = "";
  do {
    const page: PageRequest = { pageSize: 1000, pageToken };
    const answer = await list({ ...request, ...page } as Request);
    for (const item of answer[field] as ItemOf<Answer[Field]>[]) all.push(item);
    pageToken = answer.nextPageToken;
    if (tokens.has(pageToken)) throw new Failure("the server's pages lead back to each other");
    tokens.add(pageToken);
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

function clientUser<Service extends DescService>(service: Service) {
  return async <T>(options: ClientOptions, use: (client: Client<Service>) => Promise<T>): Promise<T> => {
    const { client, close } = createClientOf(service, options);
    try {
      return await use(client);
    } catch (error) {
      throw failureOfCall(error, options);
    } finally {
      close();
    }
  };
}
