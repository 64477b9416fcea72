import { withoutTrailingSlashes } from "../../base/field-reader.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import { ExchangeFailure } from "./exchange.ts";
import { ForbiddenAddress } from "./guarded-lookup.ts";
import { CredentialStore } from "./model-credentials.ts";
import { RetryBudget, type RetryBudgetOptions } from "./retry-budget.ts";
import type { TlsClient, TlsClientFiles } from "./tls-client.ts";
import type { TokenFile } from "./token-file.ts";
import { unreadableCredentials } from "./upstream-error.ts";

export interface ModelTargetOptions {
  /** The retry budget, for requests that no model server can have begun to work on. */
  readonly retries: RetryBudgetOptions;
  /** The files of TLS towards every model; an entry adds authorities, and replaces certificate and key. */
  readonly tls: TlsClientFiles;
  /** The target of a host that leads out of the namespace of its Service, which untrusted entries may not use. */
  readonly leadsOut?: (host: string) => string | undefined;
}

/** The destination of a model's requests, with credentials. */
export interface ModelTarget {
  /** What its connections are opened with, where it is reached by https. */
  readonly tls: TlsClient;
  readonly origin: string;
  /** The host of the origin, with its port where that is not the usual one; IPv6 in brackets. */
  readonly authority: string;
  /** The path of its address, without a slash at its end. */
  readonly prefix: string;
  readonly budget: RetryBudget;
  /**
   * To be called before each request: the Service may lead elsewhere by now, while its connections stay open.
   *
   * @throws ExchangeFailure
   */
  assertStays(): void;
  /**
   * The value of the `authorization` header; undefined without credentials. It goes to this origin alone: no redirect is
   * followed.
   *
   * @throws RegistryError MODEL_CREDENTIALS_UNREADABLE
   */
  authorization(): string | undefined;
}

/** The targets of all models. Registered models are immutable, so each address is parsed once. */
export class ModelTargets {
  readonly #options: ModelTargetOptions;
  readonly #store: CredentialStore;
  readonly #targets = new WeakMap<RegisteredModel, ModelTarget>();

  constructor(options: ModelTargetOptions) {
    this.#options = options;
    this.#store = new CredentialStore(options.tls);
  }

  /** @throws RegistryError MODEL_CREDENTIALS_UNREADABLE where the entry may not name files */
  of(model: RegisteredModel): ModelTarget {
    let target = this.#targets.get(model);
    if (target === undefined) {
      target = this.#create(model);
      this.#targets.set(model, target);
    }
    return target;
  }

  #create(model: RegisteredModel): ModelTarget {
    const { retries, leadsOut } = this.#options;
    const { tls, token } = this.#store.of(model);
    const { origin, host, pathname, hostname } = new URL(model.address.url);
    const guardedHost = model.tenant === undefined ? undefined : hostname;
    return {
      tls,
      origin,
      authority: host,
      prefix: withoutTrailingSlashes(pathname),
      budget: new RetryBudget(retries),
      assertStays: () => {
        const elsewhere = guardedHost === undefined ? undefined : leadsOut?.(guardedHost);
        if (elsewhere !== undefined) throw new ExchangeFailure(new ForbiddenAddress(guardedHost!, elsewhere), true);
      },
      authorization: () => (token === undefined ? undefined : headerOf(model, token)),
    };
  }
}

function headerOf(model: RegisteredModel, token: TokenFile): string {
  try {
    return token.header();
  } catch (error) {
    throw unreadableCredentials(model, error);
  }
}
