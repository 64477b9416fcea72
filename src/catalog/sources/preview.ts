import { isRecord } from "../../base/field-reader.ts";
import { maxJsonMarks } from "../../documents/yaml/entry-list.ts";
import { readPlainYaml } from "../../documents/yaml/plain-yaml.ts";
import { CatalogError } from "../catalog-error.ts";
import type { AssetType } from "../entries/entry.ts";
import { UnreadableDataFile } from "./data-file.ts";
import { mergeSources } from "./merge-sources.ts";
import { readData } from "./read-data.ts";
import { readSource } from "./read-sources-file.ts";
import type { SourceSpec } from "./source-spec.ts";

/** An entry that a source would have, or would leave out. */
export interface PreviewedEntry {
  readonly name: string;
  readonly included: boolean;
}

export interface Preview {
  readonly assetType: AssetType;
  /** By name. */
  readonly entries: readonly PreviewedEntry[];
}

/** Access to the entries of a source that is not configured. */
export interface PreviewPorts {
  /** Reads a file that the source names. Throws an error whose message may be shown. */
  readonly readFile: (path: string, folder: string) => Promise<Uint8Array<ArrayBuffer>>;
  /** The model names of a Hugging Face source. Undefined: no hub is configured. */
  readonly hfNames: ((spec: SourceSpec, signal: AbortSignal) => Promise<readonly string[]>) | undefined;
  readonly folder: string;
  readonly maxEntries: number;
}

const maxConfigChars = 16 * 1024;

/** Files of callers may take a quarter of the memory of a source's files. */
const maxMarks = maxJsonMarks / 4;

/**
 * Finds out which entries a source would have.
 *
 * @param data the data file; undefined: the one that the source names
 * @throws CatalogError INVALID_SOURCE
 */
export async function previewSource(
  config: string,
  data: Uint8Array<ArrayBuffer> | undefined,
  ports: PreviewPorts,
  signal: AbortSignal,
): Promise<Preview> {
  const { spec, problem } = readConfig(config, ports.folder);
  if (problem !== undefined) throw invalid(`invalid config: ${problem}`);
  try {
    const entries = await entriesOf(spec, data, ports, signal);
    return {
      assetType: spec.assetType,
      entries: entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
    };
  } catch (error) {
    if (error instanceof CatalogError) throw error;
    throw invalid(`failed to load models: ${(error as Error).message}`);
  }
}

function readConfig(text: string, folder: string): { spec: SourceSpec; problem: string | undefined } {
  if (text.length > maxConfigChars) throw invalid(`invalid config: has more than ${maxConfigChars} characters`);
  const { value, problems } = readPlainYaml(text);
  if (problems[0] !== undefined) throw invalid(`invalid config: ${problems[0].message}`);
  if (!isRecord(value)) throw invalid("invalid config: expected an object with type, includedModels, properties");
  const assetType = value.assetType === "mcp_servers" ? "mcp_servers" : "models";
  if (value.assetType !== undefined && value.assetType !== assetType) {
    throw invalid("invalid config: assetType: expected models or mcp_servers");
  }
  // A source that is not configured yet may have no name; unknown keys are ignored.
  const { properties, ...others } = picked(value, knownKeys);
  const ofSource = picked(isRecord(properties) ? properties : {}, knownProperties);
  const source = readSource({ name: "preview", ...others, properties: ofSource }, "preview", assetType);
  const file = { sources: [source], labels: [], namedQueries: {}, problems: [] };
  return mergeSources([{ file, folder }]).sources[0]!;
}

function picked(object: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => keys.includes(key)));
}

const knownKeys = [
  ...["id", "name", "type", "enabled", "labels", "properties"],
  ...["includedModels", "excludedModels", "includedServers", "excludedServers"],
];
const knownProperties = ["yamlCatalogPath", "excludedModels", "allowedOrganization", "maxModels"];

async function entriesOf(
  spec: SourceSpec,
  data: Uint8Array<ArrayBuffer> | undefined,
  ports: PreviewPorts,
  signal: AbortSignal,
): Promise<PreviewedEntry[]> {
  if (spec.type === "hf" || spec.type === "huggingface") {
    if (ports.hfNames === undefined || spec.assetType !== "models")
      throw invalid("invalid config: type hf is not to be had here");
    return (await ports.hfNames(spec, signal)).map((name) => ({ name, included: true }));
  }
  if (spec.type !== "yaml") {
    throw invalid(
      spec.type === undefined
        ? "invalid config: source has no type defined"
        : `invalid config: catalog type "${spec.type}" not registered`,
    );
  }
  const { yamlCatalogPath } = spec.properties;
  if (data === undefined && yamlCatalogPath === undefined) {
    throw invalid(
      "invalid config: expected catalogData, or properties.yamlCatalogPath with a file in a configured folder",
    );
  }
  const bytes = data ?? (await ports.readFile(yamlCatalogPath!, spec.folder));
  const { assetType, included, excluded } = spec;
  const task = { assetType, sourceId: "preview", included, excluded, maxEntries: ports.maxEntries, maxMarks };
  const entries: PreviewedEntry[] = [];
  for await (const items of readData(bytes, task, data === undefined ? "source" : "preview")) {
    if (signal.aborted) throw new UnreadableDataFile("the caller has left");
    for (const item of items) {
      if (item.is === "refused") throw invalid(`failed to load models: ${item.why}`);
      if (item.is !== "known") entries.push({ name: item.name, included: item.is === "entry" });
    }
  }
  return entries;
}

function invalid(message: string): CatalogError<"INVALID_SOURCE"> {
  return new CatalogError("INVALID_SOURCE", message, {});
}
