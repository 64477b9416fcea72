import type { Env } from "../config/config.ts";
import { type ExportCounts, exportRecords } from "../transfer/export-records.ts";
import { type ImportOptions, importRecords } from "../transfer/import-records.ts";
import type { ImportReport } from "../transfer/import-report.ts";
import { FileSource } from "../transfer/record-lines.ts";
import { TransferError } from "../transfer/record-source.ts";
import { RestClient, type RestOptions } from "../transfer/rest-client.ts";
import { RestSource } from "../transfer/rest-source.ts";
import { withStore } from "../versions/database-commands.ts";
import { VersionsError } from "../versions/versions-error.ts";
import { requiredDatabase } from "./database.ts";

export type { ExportCounts } from "../transfer/export-records.ts";
export type { ImportProgress, ImportReport } from "../transfer/import-report.ts";

/**
 * Copies the records of another registry, or of a file, into the database that an environment names. Its schema is brought
 * up to date first.
 *
 * @throws ConfigError when no database is named, or not well
 * @throws TransferError when the source cannot be read, or the database not be used
 */
export async function importVersions(
  env: Env,
  from: RestOptions | { readonly file: string },
  options: ImportOptions,
): Promise<ImportReport> {
  const database = requiredDatabase(env, "it says which database the records are copied into");
  const client = "file" in from ? undefined : new RestClient(from);
  const source = "file" in from ? new FileSource(from.file) : new RestSource(client!);
  try {
    // A source that cannot be read leaves the database as it is.
    await source.check(options.signal);
    return await withStore(database, (store) => importRecords(source, store, options));
  } catch (error) {
    if (!(error instanceof VersionsError)) throw error;
    // The source failed while the database was open.
    if (error.cause instanceof TransferError) throw error.cause;
    throw new TransferError(`the database cannot be used: ${error.message}`, { cause: error });
  } finally {
    client?.close();
  }
}

/**
 * Writes all records of a registry as JSON lines.
 *
 * @throws TransferError when the registry cannot be read
 */
export async function exportVersions(
  from: RestOptions,
  write: (text: string) => Promise<void>,
  progress: (records: number) => void,
  signal: AbortSignal,
): Promise<ExportCounts> {
  const client = new RestClient(from);
  try {
    return await exportRecords(new RestSource(client), write, progress, signal);
  } finally {
    client.close();
  }
}
