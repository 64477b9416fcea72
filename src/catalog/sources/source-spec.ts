import type { AssetType } from "../entries/entry.ts";

/** What `sources.yaml` says of one source, after all such files are merged. */
export interface SourceSpec {
  readonly id: string;
  readonly name: string;
  readonly assetType: AssetType;
  /** As it is written; undefined where nothing is. */
  readonly type: string | undefined;
  readonly enabled: boolean;
  readonly labels: readonly string[];
  readonly included: readonly string[];
  readonly excluded: readonly string[];
  readonly properties: SourceProperties;
  /** The folder beside which relative paths are looked for: that of the file that sets `properties`. */
  readonly folder: string;
}

/** What a source needs by its type. */
export interface SourceProperties {
  /** Type `yaml`: the data file. */
  readonly yamlCatalogPath?: string;
  /** Type `hf`. */
  readonly apiKeyEnvVar?: string;
  readonly allowedOrganization?: string;
  readonly url?: string;
  readonly syncIntervalMs?: number;
  readonly maxModels?: number;
}

/** A group of sources, and how to show it. */
export interface CatalogLabel {
  /** Null: of the sources that have none. */
  readonly name: string | null;
  readonly assetType: AssetType;
  /** Whatever else is said, texts all of them: `displayName`, `description`. */
  readonly fields: Readonly<Record<string, string>>;
}

export const conditionOperators = ["=", "!=", ">", "<", ">=", "<=", "LIKE", "ILIKE", "IN", "NOT IN"] as const;
export type ConditionValue = string | number | boolean;

/** One condition of a named filter. */
export interface FieldCondition {
  readonly operator: (typeof conditionOperators)[number];
  /** A list for IN and NOT IN. The words `min` and `max` stand for the ends of the range of a number. */
  readonly value: ConditionValue | readonly ConditionValue[];
}

/** Filters that are configured under a name. */
export interface NamedQuery {
  readonly assetType: AssetType;
  readonly conditions: Readonly<Record<string, FieldCondition>>;
}

/** All that `sources.yaml` files say. */
export interface CatalogConfig {
  readonly sources: readonly SourceSpec[];
  readonly labels: readonly CatalogLabel[];
  readonly namedQueries: Readonly<Record<string, NamedQuery>>;
}

/** How many sources, labels and named filters there may be. */
export const configLimits = { sources: 200, labels: 200, namedQueries: 200 } as const;
