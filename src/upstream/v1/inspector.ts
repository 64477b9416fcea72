import type { SecureContext } from "node:tls";
import { Cancellation } from "../../base/cancellation.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import { type ConnectionPoolOptions, createConnectionPools } from "../http/connection-pool.ts";
import { type ExchangeResponse, exchange } from "../http/exchange.ts";
import { CredentialStore } from "../http/model-credentials.ts";
import type { TlsClientFiles } from "../http/tls-client.ts";

export interface InspectorOptions extends ConnectionPoolOptions {
  /** The files of TLS towards every model. */
  readonly tls: TlsClientFiles;
  /** How long one answer may take. */
  readonly timeoutMs: number;
}

/** Asks model servers for single things, with the credentials of predictions, for whoever looks for what is wrong. */
export interface Inspector {
  /** What TLS connections to a model are opened with; undefined for the defaults of Node. @throws UnreadableFile, RegistryError */
  secureContext(model: RegisteredModel): SecureContext | undefined;
  /** GETs a path below the base address of a model. @throws ExchangeFailure, UnreadableFile, RegistryError */
  get(model: RegisteredModel, path: string): Promise<ExchangeResponse>;
  close(): Promise<void>;
}

/** No answer about a model is larger. */
const maxResponseBytes = 1024 * 1024;

export function createInspector(options: InspectorOptions): Inspector {
  const store = new CredentialStore(options.tls);
  const pools = createConnectionPools(options);
  return {
    secureContext: (model) => store.of(model).tls.context(),

    async get(model, path) {
      const { tls, token } = store.of(model);
      const { origin, pathname } = new URL(model.address.url);
      const cancellation = new Cancellation<Error>();
      const late = Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" });
      const timer = setTimeout(() => cancellation.cancel(late), options.timeoutMs);
      try {
        return await exchange(pools.of(tls), {
          origin,
          path: pathname.replace(/\/+$/, "") + path,
          method: "GET",
          headers: ["accept", "application/json", ...(token === undefined ? [] : ["authorization", token.header()])],
          body: null,
          maxResponseBytes,
          cancellation,
        });
      } finally {
        clearTimeout(timer);
      }
    },

    close: () => pools.close(),
  };
}
