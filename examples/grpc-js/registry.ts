import { join } from "node:path";
import {
  type CallOptions,
  type ChannelOptions,
  type Client,
  type ClientReadableStream,
  credentials,
  loadPackageDefinition,
  type ServiceClientConstructor,
  type ServiceError,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

/** The protos are read as the program starts: nothing is generated. */
const protos = loadPackageDefinition(
  loadSync(["kserve/registry/v1/model_registry.proto", "grpc/health/v1/health.proto"], {
    includeDirs: [join(import.meta.dirname, "../../proto")],
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
  }),
) as unknown as {
  kserve: { registry: { v1: { ModelRegistry: ServiceClientConstructor } } };
  grpc: { health: { v1: { Health: ServiceClientConstructor } } };
};

/** A call: the name of the method, its request, its deadline, and what cancels it; gives the answer. */
// biome-ignore lint/suspicious/noExplicitAny: messages are what the protos say, which no compiler has read
export type Call = (method: string, request: object, options?: CallOptions, signal?: AbortSignal) => Promise<any>;

export interface RegistryClient {
  readonly call: Call;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly watch: (request: object) => ClientReadableStream<any>;
  readonly close: () => void;
}

export interface RegistryOptions {
  /** The authorities to trust, in PEM. Default: plain text. */
  readonly authorities?: Buffer;
  /** Default: below. */
  readonly channel?: ChannelOptions;
}

const defaults: ChannelOptions = {
  // Calls that fail with UNAVAILABLE are tried up to four times. Health is not watched by this library: see untilServing.
  "grpc.service_config": JSON.stringify({
    methodConfig: [
      {
        name: [{ service: "kserve.registry.v1.ModelRegistry" }],
        retryPolicy: {
          maxAttempts: 4,
          initialBackoff: "0.1s",
          maxBackoff: "2s",
          backoffMultiplier: 2,
          retryableStatusCodes: ["UNAVAILABLE"],
        },
      },
    ],
  }),
  // Answers above 4 MiB, the default of gRPC, would be RESOURCE_EXHAUSTED.
  "grpc.max_receive_message_length": 64 * 1024 * 1024,
  // Errors name every wrong cell: 8 KiB, the default, is little for that.
  "grpc.max_metadata_size": 32 * 1024,
};

/**
 * Opens a client.
 *
 * @param address `host:port`
 */
export function openRegistry(address: string, { authorities, channel }: RegistryOptions = {}): RegistryClient {
  const { ModelRegistry } = protos.kserve.registry.v1;
  const client = new ModelRegistry(address, credentialsOf(authorities), { ...defaults, ...channel });
  return {
    call: (method, request, options = {}, signal) => callUnary(client, method, request, options, signal),
    // No deadline: a watch lasts.
    watch: (request) => client.WatchModels!(request),
    close: () => client.close(),
  };
}

/**
 * Waits until a service says that it serves.
 *
 * @param service `kserve.registry.v1.ModelRegistry` for the server as a whole; the name of a model for that model
 */
export async function untilServing(
  address: string,
  options: CallOptions,
  service = "kserve.registry.v1.ModelRegistry",
): Promise<void> {
  const health = new protos.grpc.health.v1.Health(address, credentialsOf(undefined), defaults);
  try {
    for await (const { status } of health.Watch!({ service }, options)) if (status === "SERVING") return;
  } finally {
    health.close();
  }
}

/** Makes one call of any client. */
export function callUnary(
  client: Client,
  method: string,
  request: object,
  options: CallOptions,
  signal?: AbortSignal,
): ReturnType<Call> {
  return new Promise((resolve, reject) => {
    const methods = client as unknown as Record<string, ServiceClientConstructor["prototype"]>;
    const call = methods[method](request, options, (error: ServiceError | null, answer: unknown) =>
      error ? reject(error) : resolve(answer),
    );
    signal?.addEventListener("abort", () => call.cancel(), { once: true });
  });
}

function credentialsOf(authorities: Buffer | undefined) {
  return authorities === undefined ? credentials.createInsecure() : credentials.createSsl(authorities);
}
