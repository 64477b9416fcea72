import { CachedFile } from "../../base/cached-file.ts";
import { valueUnder } from "../../base/value-under.ts";
import { type Credentials, metadataOf, type RegisteredModel } from "../../registry/model.ts";
import { RegistryError } from "../../registry/registry-error.ts";
import { TlsClient, type TlsClientFiles } from "./tls-client.ts";
import { TokenFile } from "./token-file.ts";

/** The credentials of this service for a model server. */
export interface ModelCredentials {
  /** What its connections are opened with, where the model is reached by https. */
  readonly tls: TlsClient;
  /** The bearer token of its requests. */
  readonly token: TokenFile | undefined;
}

/** The credentials of all models. Models that name the same files share their content and their connections. */
export class CredentialStore {
  readonly #defaults: TlsClientFiles;
  readonly #clients = new Map<string, TlsClient>();
  readonly #tokens = new Map<string, TokenFile>();

  /** @param defaults the files for every model; an entry adds authorities, and replaces certificate and key */
  constructor(defaults: TlsClientFiles) {
    this.#defaults = defaults;
  }

  /** Reads nothing yet. @throws RegistryError MODEL_CREDENTIALS_UNREADABLE where the entry may not name files */
  of(model: RegisteredModel): ModelCredentials {
    const { credentials, tenant } = model;
    if (credentials !== undefined && tenant !== undefined) {
      throw new RegistryError("MODEL_CREDENTIALS_UNREADABLE", `Model ${model.name} is not called: ${notTrusted}`, {
        metadata: metadataOf(model),
        failure: { stage: "call", hint: "Register it from a trusted source, or without files." },
      });
    }
    return { tls: this.#tlsOf(credentials, tenant !== undefined), token: this.#tokenOf(credentials?.tokenFile) };
  }

  #tlsOf(credentials: Credentials | undefined, guarded: boolean): TlsClient {
    const { caFiles, certFile, keyFile } = this.#defaults;
    const files: TlsClientFiles = {
      caFiles: credentials?.caFile === undefined ? caFiles : [...caFiles, credentials.caFile],
      certFile: credentials?.clientCertFile ?? certFile,
      keyFile: credentials?.clientKeyFile ?? keyFile,
    };
    const ofEntry = Object.values(credentials ?? {});
    const openFile = (path: string): CachedFile =>
      new CachedFile(path, ofEntry.includes(path) ? this.#defaults.entryDirs : undefined);
    return valueUnder(
      this.#clients,
      JSON.stringify([files, guarded]),
      () => new TlsClient(files, { guarded, openFile }),
    );
  }

  #tokenOf(path: string | undefined): TokenFile | undefined {
    if (path === undefined) return undefined;
    return valueUnder(this.#tokens, path, () => new TokenFile(path, new CachedFile(path, this.#defaults.entryDirs)));
  }
}

const notTrusted = "its entry names credential files, but its source is not trusted to do so";
