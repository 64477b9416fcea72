import { type EntryProblem, FieldReader, isRecord, kindOf } from "../../base/field-reader.ts";
import type { AssetType, CatalogArtifact, CatalogEntry, CatalogModel, McpServer, McpTool } from "./entry.ts";
import { artifactFields, modelFields, serverFields, toolFields } from "./entry-fields.ts";
import { entryId } from "./entry-id.ts";
import { knownKeys, readFields } from "./read-fields.ts";

/** An entry as it was read, or its problems. */
export interface ReadEntry<Entry extends CatalogEntry = CatalogEntry> {
  /** Undefined where there are problems. */
  readonly entry: Entry | undefined;
  /** Undefined where the file does not say. */
  readonly name: string | undefined;
  readonly problems: readonly EntryProblem[];
  /** Unknown keys. They are ignored. */
  readonly unknown: readonly string[];
}

/** The key of the list of entries in a data file. */
export const entriesKey: Readonly<Record<AssetType, string>> = { models: "models", mcp_servers: "mcp_servers" };

/** The fields that an entry of a data file may have. */
const knownOf = {
  models: new Set([...knownKeys(modelFields), "artifacts", "source_id", "sourceId", "id"]),
  mcp_servers: new Set([...knownKeys(serverFields), "tools", "toolCount", "source_id", "sourceId", "id"]),
} as const;

/** Reads one item of a data file. */
export function readEntry(assetType: AssetType, value: unknown, sourceId: string): ReadEntry {
  return assetType === "models" ? readModel(value, sourceId) : readServer(value, sourceId);
}

function readModel(value: unknown, sourceId: string): ReadEntry<CatalogModel> {
  return readWith(value, knownOf.models, (reader) => {
    const fields = readFields(reader, modelFields);
    const artifacts = reader.list("artifacts", (item, inner) => {
      if (!isRecord(item)) inner.problem("", `expected an object, found ${kindOf(item)}`);
      return isRecord(item) ? readArtifact(inner) : undefined;
    });
    return {
      customProperties: {},
      ...fields,
      id: entryId(sourceId, fields.name),
      sourceId,
      artifacts: artifacts.map((artifact, i) => ({ ...artifact, id: entryId(sourceId, fields.name, String(i)) })),
    };
  });
}

/** Reads an artifact, without its id. If its kind is not given, it has files if it has a `uri`. */
function readArtifact(reader: FieldReader): Omit<CatalogArtifact, "id"> {
  const fields = readFields(reader, artifactFields);
  const isModel = (fields.artifactType ?? "model-artifact") === "model-artifact";
  const { uri, metricsType, ...others } = fields;
  const common = { customProperties: {}, ...others };
  if (isModel) {
    if (uri === undefined && !reader.value.uri)
      reader.problem("uri", "missing; expected where the files are, such as oci://host/model:1");
    return { ...common, artifactType: "model-artifact", ...(uri === undefined ? {} : { uri }) };
  }
  if (metricsType === undefined && reader.value.metricsType === undefined) {
    reader.problem("metricsType", "missing; expected performance-metrics, accuracy-metrics or security-metrics");
  }
  return { ...common, artifactType: "metrics-artifact", ...(metricsType === undefined ? {} : { metricsType }) };
}

function readServer(value: unknown, sourceId: string): ReadEntry<McpServer> {
  return readWith(value, knownOf.mcp_servers, (reader) => {
    const fields = readFields(reader, serverFields);
    const { websocket, ...endpoints } = fields.endpoints ?? {};
    const hasEndpoint = websocket !== undefined || Object.keys(endpoints).length > 0;
    if (fields.deploymentMode === "remote" && !hasEndpoint) {
      reader.problem("endpoints", "missing; a remote server needs an address: {http: https://clock.example.org/mcp}");
    }
    const place = [sourceId, fields.name, fields.version ?? ""];
    const names = new Set<string>();
    const tools = reader.list("tools", (item, inner): McpTool | undefined => {
      if (!isRecord(item)) {
        inner.problem("", `expected an object, found ${kindOf(item)}`);
        return undefined;
      }
      const tool = readFields(inner, toolFields);
      if (names.has(tool.name)) inner.problem("name", "is used twice");
      names.add(tool.name);
      return { customProperties: {}, ...tool, id: entryId(...place, "tool", tool.name) };
    });
    const { endpoints: _, ...rest } = fields;
    return {
      customProperties: {},
      ...rest,
      ...(Object.keys(endpoints).length === 0 ? {} : { endpoints }),
      id: entryId(...place),
      sourceId,
      tools,
    };
  });
}

function readWith<Entry extends CatalogEntry>(
  value: unknown,
  known: ReadonlySet<string>,
  read: (reader: FieldReader) => Entry,
): ReadEntry<Entry> {
  if (!isRecord(value)) {
    const problems = [{ field: "", message: `expected an object, found ${kindOf(value)}` }];
    return { entry: undefined, name: undefined, problems, unknown: [] };
  }
  const reader = new FieldReader(value);
  const name = typeof value.name === "string" ? value.name.slice(0, 255) : undefined;
  const entry = read(reader);
  const { problems } = reader;
  const unknown = Object.keys(value).filter((key) => !known.has(key) && !key.startsWith("x-"));
  return { entry: problems.length === 0 ? entry : undefined, name, problems, unknown };
}

/** The key that has to be unique within a source: the name; for a server together with its version. */
export function keyOfEntry(entry: CatalogEntry): string {
  return "tools" in entry && entry.version !== undefined ? `${entry.name}@${entry.version}` : entry.name;
}
