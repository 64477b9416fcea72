import type { Properties } from "../../base/property-value.ts";

/** What every entry may have. Names are those of the REST surface in its newest version; what is not said is left out. */
export interface BaseEntry {
  /** A decimal number that is made from where the entry stands, so it is the same in every replica. */
  readonly id: string;
  readonly name?: string;
  readonly externalId?: string;
  readonly description?: string;
  /** Milliseconds since the epoch, as decimal text. */
  readonly createTimeSinceEpoch?: string;
  readonly lastUpdateTimeSinceEpoch?: string;
  readonly customProperties: Properties;
}

export const metricsTypes = ["performance-metrics", "accuracy-metrics", "security-metrics"] as const;
export type MetricsType = (typeof metricsTypes)[number];

/** Where the files of a model are, or what was measured of it. */
export interface CatalogArtifact extends BaseEntry {
  readonly artifactType: "model-artifact" | "metrics-artifact";
  /** Of a model artifact. */
  readonly uri?: string;
  /** Of a metrics artifact. */
  readonly metricsType?: MetricsType;
}

export interface ServingConfig {
  readonly toolCalling?: {
    readonly toolCallParser?: string;
    readonly chatTemplate?: string;
    readonly enableAutoToolChoice?: boolean;
    readonly requiredArgs?: readonly string[];
  };
}

export interface CatalogModel extends BaseEntry {
  readonly name: string;
  readonly sourceId: string;
  readonly readme?: string;
  readonly maturity?: string;
  readonly language?: readonly string[];
  readonly tasks?: readonly string[];
  readonly validatedTasks?: readonly string[];
  readonly provider?: string;
  readonly logo?: string;
  readonly license?: string;
  readonly licenseLink?: string;
  readonly libraryName?: string;
  readonly servingConfig?: ServingConfig;
  readonly artifacts: readonly CatalogArtifact[];
}

export const accessTypes = ["read_only", "read_write", "execute"] as const;

export interface McpTool extends BaseEntry {
  readonly name: string;
  readonly accessType: (typeof accessTypes)[number];
  readonly parameters?: readonly {
    readonly name: string;
    readonly type: string;
    readonly required: boolean;
    readonly description?: string;
  }[];
}

export const deploymentModes = ["local", "remote"] as const;
export const transports = ["stdio", "http", "sse"] as const;

export interface McpServer extends BaseEntry {
  readonly name: string;
  readonly sourceId: string;
  readonly displayName?: string;
  readonly provider?: string;
  readonly logo?: string;
  readonly version?: string;
  readonly tags?: readonly string[];
  readonly license?: string;
  readonly licenseLink?: string;
  readonly readme?: string;
  readonly documentationUrl?: string;
  readonly repositoryUrl?: string;
  readonly sourceCode?: string;
  /** RFC 3339. */
  readonly publishedDate?: string;
  readonly lastUpdated?: string;
  readonly deploymentMode?: (typeof deploymentModes)[number];
  readonly transports?: readonly (typeof transports)[number][];
  readonly endpoints?: { readonly http?: string; readonly sse?: string };
  readonly artifacts?: readonly {
    readonly uri: string;
    readonly createTimeSinceEpoch?: string;
    readonly lastUpdateTimeSinceEpoch?: string;
  }[];
  readonly securityIndicators?: {
    readonly verifiedSource?: boolean;
    readonly secureEndpoint?: boolean;
    readonly sast?: boolean;
    readonly readOnlyTools?: boolean;
  };
  readonly runtimeMetadata?: Readonly<Record<string, unknown>>;
  readonly serverJson?: Readonly<Record<string, unknown>>;
  readonly tools: readonly McpTool[];
}

/** The two kinds of entry that a source may hold. */
export const assetTypes = ["models", "mcp_servers"] as const;
export type AssetType = (typeof assetTypes)[number];

export type CatalogEntry = CatalogModel | McpServer;
