import type { Dialect, MigrationStep } from "../dialect.ts";
import { sharedTables, stepsOfKinds } from "./schema-steps.ts";

/** One step from a schema version to the next. Once released it never changes; a test pins its statements. */
export interface Migration {
  /** The schema version that it leads to, from 1 without a gap. */
  readonly version: number;
  readonly name: string;
  steps(dialect: Dialect): readonly MigrationStep[];
}

export const migrations: readonly Migration[] = [
  {
    version: 1,
    name: "kinds, aliases and external ids",
    steps: (dialect) => [...stepsOfKinds(dialect, 1), ...sharedTables(dialect)],
  },
];

/** The schema version that this program works with. */
export const knownVersion = migrations.length;
