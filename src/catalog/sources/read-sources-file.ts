import { parseDurationMs } from "../../base/duration.ts";
import { type EntryProblem, FieldReader, isRecord, kindOf, shown } from "../../base/field-reader.ts";
import { type AssetType, assetTypes } from "../entries/entry.ts";
import {
  type CatalogLabel,
  type ConditionValue,
  conditionOperators,
  configLimits,
  type FieldCondition,
  type NamedQuery,
  type SourceProperties,
} from "./source-spec.ts";

/** A source in one file: undefined fields are taken from earlier files. */
export interface PartialSource {
  readonly id: string;
  readonly assetType: AssetType;
  readonly name?: string;
  readonly type?: string;
  readonly enabled?: boolean;
  readonly labels?: readonly string[];
  readonly included?: readonly string[];
  readonly excluded?: readonly string[];
  readonly properties?: SourceProperties;
  /** Its problems. With any, it is listed with them and not read. */
  readonly problems: readonly EntryProblem[];
}

/** The content of a `sources.yaml`. */
export interface SourcesFile {
  readonly sources: readonly PartialSource[];
  readonly labels: readonly CatalogLabel[];
  readonly namedQueries: Readonly<Record<string, NamedQuery>>;
  /** Problems of the file outside of its sources: with any, it cannot be used. */
  readonly problems: readonly EntryProblem[];
}

const sections = ["model_catalogs", "catalogs", "mcp_catalogs", "labels", "namedQueries"] as const;

/** Sections of other catalogs. They are ignored, so that a file can be used for both. */
const otherSections = ["agent_catalogs", "skill_catalogs"];

/** Reads what a `sources.yaml` says, as plain data. */
export function readSourcesFile(value: unknown): SourcesFile {
  if (value === undefined || value === null) return { sources: [], labels: [], namedQueries: {}, problems: [] };
  if (!isRecord(value)) {
    const problem = { field: "", message: `expected an object with ${sections.join(", ")}; found ${kindOf(value)}` };
    return { sources: [], labels: [], namedQueries: {}, problems: [problem] };
  }
  const reader = new FieldReader(value);
  reader.refuseUnknown([...sections, ...otherSections]);
  const models = readSources(reader, "model_catalogs", "models");
  const taken = new Set(models.map(({ id }) => id));
  const sources = [
    // The old name of the section; the new one wins.
    ...readSources(reader, "catalogs", "models").filter(({ id }) => !taken.has(id)),
    ...models,
    ...readSources(reader, "mcp_catalogs", "mcp_servers"),
  ];
  const labels = reader.list("labels", (item, inner) => readLabel(item, inner));
  const namedQueries = readNamedQueries(reader);
  const ids = new Set<string>();
  for (const { id } of sources) {
    if (ids.has(id)) reader.problem("", `the source id ${shown(id)} is used twice`);
    ids.add(id);
  }
  if (sources.length > configLimits.sources) {
    reader.problem("", `${sources.length} sources; at most ${configLimits.sources} are read`);
  }
  return { sources, labels, namedQueries, problems: reader.problems };
}

const sourceKeys: Readonly<Record<AssetType, readonly [included: string, excluded: string]>> = {
  models: ["includedModels", "excludedModels"],
  mcp_servers: ["includedServers", "excludedServers"],
};

function readSources(file: FieldReader, section: string, assetType: AssetType): PartialSource[] {
  return file
    .list(section, (item, outer) => {
      if (!isRecord(item) || typeof item.id !== "string" || item.id === "" || item.id.length > 255) {
        outer.problem("id", "missing; expected a text of 1 to 255 characters, unique among the sources");
        return undefined;
      }
      return readSource(item, item.id, assetType);
    })
    .slice();
}

/** Reads one source, also a single one. Its problems concern it alone: the rest of the file can be used. */
export function readSource(item: Readonly<Record<string, unknown>>, id: string, assetType: AssetType): PartialSource {
  const reader = new FieldReader(item);
  const [included, excluded] = sourceKeys[assetType];
  reader.refuseUnknown(["id", "name", "type", "enabled", "labels", included, excluded, "properties"]);
  const texts = (key: string): readonly string[] | undefined =>
    item[key] == null ? undefined : readTexts(reader, key);
  const read = {
    name: reader.text("name", { maxChars: 255 }),
    type: reader.text("type"),
    enabled: reader.boolean("enabled"),
    labels: texts("labels"),
    included: texts(included),
    excluded: texts(excluded),
    properties: reader.object("properties", "with named fields", readSourceProperties),
  };
  const oldExcluded = isRecord(item.properties) ? item.properties.excludedModels : undefined;
  if (read.excluded === undefined && Array.isArray(oldExcluded)) {
    read.excluded = oldExcluded.filter((pattern) => typeof pattern === "string");
  }
  const said = Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
  return { id, assetType, ...said, problems: reader.problems };
}

function readTexts(reader: FieldReader, key: string): readonly string[] {
  return reader.list(key, (item, inner) => {
    if (typeof item === "string") return item;
    inner.problem("", `expected a text, found ${kindOf(item)}`);
    return undefined;
  });
}

function readSourceProperties(reader: FieldReader): SourceProperties {
  const known = ["yamlCatalogPath", "excludedModels", "apiKeyEnvVar", "allowedOrganization", "url", "syncInterval"];
  reader.refuseUnknown([...known, "maxModels"]);
  const syncIntervalMs = readInterval(reader);
  const maxModels = reader.number("maxModels");
  if (maxModels !== undefined && !(Number.isInteger(maxModels) && maxModels >= 1 && maxModels <= 10_000)) {
    reader.problem("maxModels", `expected a whole number from 1 to 10000; found ${shown(maxModels)}`);
  }
  const apiKeyEnvVar = reader.text("apiKeyEnvVar");
  if (apiKeyEnvVar !== undefined && !/^HF_API_KEY(_[A-Z0-9_]+)?$/.test(apiKeyEnvVar)) {
    reader.problem("apiKeyEnvVar", "expected HF_API_KEY, or HF_API_KEY_ and more: no other variable is read");
  }
  const read = {
    yamlCatalogPath: reader.text("yamlCatalogPath", { maxChars: 1024 }),
    apiKeyEnvVar,
    allowedOrganization: reader.text("allowedOrganization"),
    url: reader.url("url"),
    syncIntervalMs,
    maxModels,
  };
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
}

const minSyncMs = 60_000;

function readInterval(reader: FieldReader): number | undefined {
  const text = reader.text("syncInterval");
  if (text === undefined) return undefined;
  const ms = parseDurationMs(text);
  if (ms !== undefined && ms >= minSyncMs && ms <= 2_147_483_647) return ms;
  reader.problem("syncInterval", `expected a duration such as 24h, from 1m to 24d; found ${shown(text)}`);
  return undefined;
}

function readLabel(item: unknown, reader: FieldReader): CatalogLabel | undefined {
  if (!isRecord(item)) {
    reader.problem("", `expected an object, found ${kindOf(item)}`);
    return undefined;
  }
  const { name, assetType, ...others } = item;
  if (name !== null && (typeof name !== "string" || name === "")) {
    reader.problem("name", `expected a text, or null for sources without a label; found ${shown(name)}`);
    return undefined;
  }
  const fields: Record<string, string> = {};
  for (const [key, value] of Object.entries(others)) {
    if (typeof value === "string" && value.length <= 4096 && key !== "__proto__") fields[key] = value;
    else reader.problem(key.slice(0, 80), "expected a text of at most 4096 characters");
  }
  return { name, assetType: readAssetType(reader, assetType), fields };
}

function readAssetType(reader: FieldReader, value: unknown): AssetType {
  if (value === undefined) return "models";
  return reader.choice("assetType", assetTypes) ?? "models";
}

function readNamedQueries(file: FieldReader): Readonly<Record<string, NamedQuery>> {
  const read = file.object("namedQueries", "of filters by name", (reader) => {
    const names = Object.keys(reader.value);
    if (names.length > configLimits.namedQueries) reader.problem("", `at most ${configLimits.namedQueries} are read`);
    return Object.fromEntries(
      names.flatMap((name): [string, NamedQuery][] => {
        const query = reader.object(name, "with filters", readNamedQuery);
        return query === undefined ? [] : [[name, query]];
      }),
    );
  });
  return read ?? {};
}

/** `{assetType, filters: {field: {operator, value}}}`, or just the filters, as in older files. */
function readNamedQuery(reader: FieldReader): NamedQuery {
  const isOld = !isRecord(reader.value.filters) || "operator" in reader.value.filters;
  if (isOld) return { assetType: "models", conditions: readConditions(reader) };
  return {
    assetType: readAssetType(reader, reader.value.assetType),
    conditions: reader.object("filters", "of conditions by field", readConditions) ?? {},
  };
}

function readConditions(reader: FieldReader): Readonly<Record<string, FieldCondition>> {
  return Object.fromEntries(
    Object.keys(reader.value).flatMap((field): [string, FieldCondition][] => {
      const condition = reader.object(field, "{operator, value}", readCondition);
      return condition === undefined ? [] : [[field, condition]];
    }),
  );
}

function readCondition(reader: FieldReader): FieldCondition | undefined {
  const operator = reader.choice("operator", conditionOperators, { required: true });
  if (operator === undefined) return undefined;
  const { value } = reader.value;
  const isList = operator === "IN" || operator === "NOT IN";
  const isRight = isList ? Array.isArray(value) && value.length <= 1000 && value.every(isPlain) : isPlain(value);
  if (isRight) return { operator, value: value as FieldCondition["value"] };
  reader.problem(
    "value",
    `expected ${isList ? "a list of texts, numbers or truth values" : "a text, a number, true or false"}`,
  );
  return undefined;
}

function isPlain(value: unknown): value is ConditionValue {
  return (
    (typeof value === "string" && value.length <= 1024) ||
    typeof value === "boolean" ||
    (typeof value === "number" && Number.isFinite(value))
  );
}
