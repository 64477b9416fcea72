import type { DatabaseOptions } from "../database-options.ts";
import { isVersionsError, VersionsError } from "../versions-error.ts";

const retryAfterMs = 5000;

/** Advice, by the code and message of the error. The first match counts. */
const hints: readonly (readonly [RegExp, string])[] = [
  [
    /^(ENOENT|EACCES|EISDIR)\b/,
    "the files of DATABASE_PASSWORD_FILE, DATABASE_CA_FILE, DATABASE_CERT_FILE and DATABASE_KEY_FILE have to be there, and readable",
  ],
  [
    /^(28P01|28000|ER_ACCESS_DENIED_ERROR|ER_ACCESS_DENIED_NO_PASSWORD_ERROR|AUTH_)/,
    "look at the user in DATABASE_URL, and at the password in DATABASE_PASSWORD_FILE",
  ],
  [/^(3D000|ER_BAD_DB_ERROR)/, "create the database first: this program makes only the tables in it"],
  [
    /^(42501|ER_DBACCESS_DENIED_ERROR|ER_TABLEACCESS_DENIED_ERROR)/,
    "grant its user the right to use the database and to create tables in it",
  ],
  [
    /^(CERT_|SELF_|DEPTH_|UNABLE_|ERR_TLS_|ERR_SSL_|HANDSHAKE_)|\bSSL\b|certificate/,
    "look at DATABASE_TLS and DATABASE_CA_FILE, and at the certificate of the server",
  ],
  [/^(25006|ER_OPTION_PREVENTS_STATEMENT)|read-?only/i, "it has to take writes from this program"],
  [/^26 /, "name another file: this one is not an SQLite database"],
  [/^(5|6) /, "another process uses it: SQLite supports a single replica"],
  [/^\d+ /, "its folder has to be there, and this program has to be allowed to write to both"],
];
const otherwise = "is it running, and are host and port in DATABASE_URL right?";

/**
 * The error for a database that cannot be opened, for logs and terminals: which database, why, and what to do. The
 * error of an unusable schema says so itself.
 */
export function cannotOpen(options: DatabaseOptions, error: unknown): VersionsError {
  if (isVersionsError(error, "DATABASE_UNAVAILABLE") && error.data.why === "schema") return error;
  const cause = rootOf(error);
  const { code, errcode, message } = cause as Error & { code?: unknown; errcode?: unknown };
  const words = `${errcode ?? code ?? ""} ${message}`;
  const hint = hints.find(([pattern]) => pattern.test(words))?.[1] ?? otherwise;
  const text = `cannot use ${nameOf(options)}: ${message}; ${hint}`;
  return new VersionsError("DATABASE_UNAVAILABLE", text, { why: "away", retryAfterMs }, { cause });
}

/**
 * The driver's error. A host with several addresses fails with an error without a message that contains one for each
 * address.
 */
function rootOf(error: unknown): Error {
  if (error instanceof VersionsError && error.cause !== undefined) return rootOf(error.cause);
  if (error instanceof AggregateError && error.errors.length > 0) return rootOf(error.errors[0]);
  return error instanceof Error ? error : new Error(String(error));
}

function nameOf(options: DatabaseOptions): string {
  if (options.kind === "sqlite") return `the SQLite file ${options.path}`;
  const { kind, database, host, port } = options;
  const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return `the database ${database} of ${kind === "postgres" ? "PostgreSQL" : "MySQL"} at ${address}`;
}
