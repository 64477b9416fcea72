import type { PlainMetric } from "../api/metrics/exposition.ts";
import { StoreSeries, versionsMetrics } from "../api/metrics/versions-metrics.ts";
import type { VersionsDeps } from "../api/versions/version-registry-service.ts";
import type { DatabaseOptions } from "../versions/database-options.ts";
import { openVersionStore } from "../versions/open-store.ts";
import type { Log } from "./log.ts";

/**
 * Opens the database of the registry of versions and migrates its schema. A database that cannot be reached does not
 * hold up the start: connecting is tried again, and calls fail until it is there. Undefined where no database is
 * configured.
 */
export async function openVersions(
  options: DatabaseOptions | undefined,
  log: Log,
  applyManifest: VersionsDeps["applyManifest"],
): Promise<(VersionsDeps & { readonly metrics: readonly PlainMetric[] }) | undefined> {
  if (options === undefined) return undefined;
  const series = new StoreSeries();
  const store = await openVersionStore(options, {
    log: (message) => log.info(message),
    onCall: (...call) => series.observe(...call),
  });
  const { state, message, database, schema } = store.status();
  if (state === "ready") log.info({ database, schema: schema.applied }, "The registry of versions is available");
  else log.error({ state }, `The registry of versions is unavailable: ${message}`);
  return { store, log, applyManifest, metrics: versionsMetrics(store, series) };
}
