/** Where the records are kept. */
export type DatabaseOptions = SqliteOptions | ServerOptions;

export interface SqliteOptions {
  readonly kind: "sqlite";
  /** The path of the file, or `:memory:` for records that end with the process. */
  readonly path: string;
}

export interface ServerOptions {
  readonly kind: "postgres" | "mysql";
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** At most one of both. The file is read for each new connection, so that a password can be changed. */
  readonly password?: string;
  readonly passwordFile?: string;
  /** Undefined: no encryption. */
  readonly tls: DatabaseTls | undefined;
  /** Connections at most. */
  readonly poolSize: number;
  /** How long a new connection, or the wait for a free one, may take. */
  readonly connectTimeoutMs: number;
  /** How long one statement may take. */
  readonly statementTimeoutMs: number;
}

/** How a connection is encrypted. Files are PEM and read for each new connection. */
export interface DatabaseTls {
  /** Whether the server's certificate has to be one of a known authority and of its host name. */
  readonly verify: "full" | "authority" | "none";
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
}
