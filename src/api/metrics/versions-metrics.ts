import { valueUnder } from "../../base/value-under.ts";
import type { VersionStore } from "../../versions/ports.ts";
import { counter, gauge, labelsOf, type PlainMetric, type Sample } from "./exposition.ts";
import { Histogram, shortSecondsBounds } from "./histogram.ts";

/** The figures of one operation of the store. */
interface Operation {
  readonly seconds: Histogram;
  /** By reason; "" for success. */
  readonly counts: Map<string, number>;
}

/** Measures the calls of the store of versions. Both labels come from fixed lists. */
export class StoreSeries {
  readonly #operations = new Map<string, Operation>();

  /** @param reason why it failed; undefined where it did not */
  observe(operation: string, seconds: number, reason: string | undefined): void {
    const series = valueUnder(this.#operations, operation, () => {
      return { seconds: new Histogram(shortSecondsBounds), counts: new Map() };
    });
    series.seconds.add(seconds);
    series.counts.set(reason ?? "", (series.counts.get(reason ?? "") ?? 0) + 1);
  }

  get all(): ReadonlyMap<string, Operation> {
    return this.#operations;
  }
}

/** Metrics of the registry of versions: its database, and the calls of its store. */
export function versionsMetrics(store: VersionStore, series: StoreSeries): readonly PlainMetric[] {
  return [
    gauge(
      "kserve_registry_versions_database_up",
      "1 while the database of the registry of versions can be used, 0 while its calls fail.",
      () => (store.status().state === "ready" ? 1 : 0),
    ),
    gauge(
      "kserve_registry_versions_schema_version",
      "The version of the database's schema (applied), and the one that this program has (known).",
      () => {
        const { applied, known } = store.status().schema;
        return Object.entries({ applied, known }).flatMap(([of, version]): Sample[] =>
          version === undefined ? [] : [[labelsOf({ of }), version]],
        );
      },
    ),
    counter(
      "kserve_registry_versions_store_calls_total",
      "Calls to the version store, by operation and, if failed, reason.",
      () =>
        [...series.all].flatMap(([operation, { counts }]) =>
          [...counts].map(
            ([reason, count]): Sample => [labelsOf({ operation, reason: reason === "" ? undefined : reason }), count],
          ),
        ),
    ),
    {
      name: "kserve_registry_versions_store_seconds",
      type: "histogram",
      help: "Seconds that calls to the store took, including waiting for a connection.",
      lines: (name, format) =>
        [...series.all]
          .map(([operation, { seconds }]) => seconds.lines(name, labelsOf({ operation }), format))
          .join(""),
    },
  ];
}
