import type { EntryProblem } from "../../base/field-reader.ts";
import { patternProblem } from "./name-patterns.ts";
import type { PartialSource, SourcesFile } from "./read-sources-file.ts";
import type { CatalogConfig, CatalogLabel, SourceSpec } from "./source-spec.ts";

/** A file that was read, and its folder. */
export interface LocatedFile {
  readonly file: SourcesFile;
  readonly folder: string;
}

/** A source, and the reason why it cannot be read, if any. */
export interface CheckedSource {
  readonly spec: SourceSpec;
  /** In words; undefined when nothing does. */
  readonly problem: string | undefined;
}

export interface MergedConfig extends Omit<CatalogConfig, "sources"> {
  readonly sources: readonly CheckedSource[];
  /** Problems of ids that sources of different kinds share. */
  readonly problems: readonly string[];
}

/** Merges files in order: where several have the same source, the last file that sets a field wins. */
export function mergeSources(files: readonly LocatedFile[]): MergedConfig {
  const sources = new Map<string, { readonly source: PartialSource; readonly folder: string }>();
  const labels = new Map<string, CatalogLabel>();
  const problems: string[] = [];
  for (const { file, folder } of files) {
    for (const source of file.sources) {
      const known = sources.get(source.id);
      if (known !== undefined && known.source.assetType !== source.assetType) {
        problems.push(`the source id ${source.id} is used for ${known.source.assetType} and for ${source.assetType}`);
        continue;
      }
      sources.set(source.id, {
        source: { ...known?.source, ...source, problems: [...(known?.source.problems ?? []), ...source.problems] },
        folder: source.properties === undefined ? (known?.folder ?? folder) : folder,
      });
    }
    for (const label of file.labels) labels.set(JSON.stringify([label.assetType, label.name]), label);
  }
  return {
    sources: [...sources.values()].map(({ source, folder }) => checked(source, folder)),
    labels: [...labels.values()],
    namedQueries: Object.assign({}, ...files.map(({ file }) => file.namedQueries)),
    problems,
  };
}

function checked(source: PartialSource, folder: string): CheckedSource {
  const { id, assetType, name = id, type, enabled = true, labels = [], properties = {} } = source;
  const { included = [], excluded = [] } = source;
  const spec = { id, name, assetType, type, enabled, labels, included, excluded, properties, folder };
  const [first, ...more] = source.problems.map(wordsOf);
  if (first !== undefined) return { spec, problem: [first, ...more].join("; ") };
  if (source.name === undefined) return { spec, problem: "name: missing" };
  return { spec, problem: patternProblem(included, excluded) };
}

function wordsOf({ field, message }: EntryProblem): string {
  return field === "" ? message : `${field}: ${message}`;
}
