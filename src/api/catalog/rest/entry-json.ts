import type { CatalogArtifact, CatalogModel, McpServer, McpTool } from "../../../catalog/entries/entry.ts";
import type { Facets } from "../../../catalog/search/facets.ts";
import type { SourceState } from "../../../catalog/snapshot.ts";
import type { CatalogLabel } from "../../../catalog/sources/source-spec.ts";
import type { CatalogFlavour } from "./catalog-context.ts";

/** An object that becomes JSON. */
export type Json = Readonly<Record<string, unknown>>;

/** A source, with the patterns of models alone, as existing clients know it. */
export function sourceToJson({ spec, status, error }: SourceState): Json {
  const { id, name, enabled, labels, assetType, included, excluded } = spec;
  return {
    id,
    name,
    enabled,
    labels,
    assetType,
    ...(status === undefined ? {} : { status }),
    ...(error === "" ? {} : { error }),
    ...(assetType === "models" && included.length > 0 ? { includedModels: included } : {}),
    ...(assetType === "models" && excluded.length > 0 ? { excludedModels: excluded } : {}),
  };
}

export function labelToJson({ name, fields, assetType }: CatalogLabel): Json {
  return { ...fields, name, assetType };
}

/** A model, without its artifacts. */
export function modelToJson(model: CatalogModel, { isAlpha }: CatalogFlavour): Json {
  const { artifacts: _, ...shown } = model;
  if (!isAlpha) return shown;
  const { sourceId, validatedTasks, servingConfig, ...others } = shown;
  return { ...others, source_id: sourceId };
}

/** How many artifacts a model has, by kind: of metrics, by what they measure. */
export function artifactCounts({ artifacts }: CatalogModel): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { artifactType, metricsType } of artifacts) {
    const kind = metricsType ?? artifactType;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

export function artifactToJson(artifact: CatalogArtifact): Json {
  return { ...artifact };
}

/** A server, with so many of its tools. */
export function serverToJson(
  server: McpServer,
  tools: readonly McpTool[] | undefined,
  { isAlpha }: CatalogFlavour,
): Json {
  const { tools: all, ...shown } = server;
  const counted = { ...shown, toolCount: all.length, ...(tools === undefined ? {} : { tools }) };
  if (!isAlpha) return counted;
  const { sourceId, licenseLink, displayName, serverJson, ...others } = counted;
  return { ...others, source_id: sourceId, ...(licenseLink === undefined ? {} : { license_link: licenseLink }) };
}

export function facetsToJson({ filters, namedQueries }: Facets, { isAlpha }: CatalogFlavour, ofServers: boolean): Json {
  const isOld = isAlpha && ofServers;
  return {
    filters: Object.fromEntries(
      Object.entries(filters).map(([name, facet]) => [
        isOld && name === "licenseLink" ? "license_link" : name,
        facet.type === "string"
          ? { type: "string", values: facet.values }
          : { type: "number", range: { min: facet.min, max: facet.max } },
      ]),
    ),
    namedQueries,
  };
}
