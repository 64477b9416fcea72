import { problemText } from "../base/field-reader.ts";
import { byPosition, type FileProblem } from "../documents/file-problem.ts";
import { readEntryList, UnreadableList } from "../documents/yaml/entry-list.ts";
import { readPlainYaml } from "../documents/yaml/plain-yaml.ts";
import type { AssetType } from "./entries/entry.ts";
import { entriesKey, keyOfEntry, readEntry } from "./entries/read-entry.ts";
import { mergeSources } from "./sources/merge-sources.ts";
import { readSourcesFile } from "./sources/read-sources-file.ts";

/** The kind of a catalog file, and its problems. */
export interface CheckedCatalogFile {
  readonly form: "catalog-sources" | "catalog-models" | "catalog-servers";
  /** How many sources, models or servers there are. */
  readonly entries: number;
  /** In the order of the file. */
  readonly problems: readonly FileProblem[];
}

/** Keys at the top of a file, in YAML, or anywhere in JSON on one line. */
const topKey = (...keys: readonly string[]): RegExp =>
  new RegExp(`^(?:${keys.join("|")}):|^[ \\t]{0,64}\\{?[ \\t]{0,64}"(?:${keys.join("|")})" ?:`, "m");
/** Keys of entries of a list, in block or flow style. */
const entryKey = (...keys: readonly string[]): RegExp =>
  new RegExp(
    `^[ \\t]{1,64}(?:- )?(?:${keys.join("|")}):|^- (?:${keys.join("|")}):|[{,]\\s{0,200}"?(?:${keys.join("|")})"? ?:`,
    "m",
  );

const sourcesKey = topKey("model_catalogs", "mcp_catalogs", "catalogs", "namedQueries");
const serversKey = topKey("mcp_servers");
const modelsKey = topKey("models");
// A list of models that are served has a service or an address for each; the catalog's has files and descriptions.
const servedKey = entryKey("service", "url", "triggers", "inputFeatures");
const catalogKey = entryKey("artifacts", "customProperties", "readme", "license", "provider", "tasks", "language");
const sourceKey = topKey("source");

/** Checks a catalog file as the server would read it; undefined for a file that is not one. */
export function checkCatalogFile(text: string): CheckedCatalogFile | undefined {
  if (sourcesKey.test(text)) return checkSources(text);
  if (serversKey.test(text)) return checkData(text, "mcp_servers");
  if (!modelsKey.test(text)) return undefined;
  const isCatalog = sourceKey.test(text) || (catalogKey.test(text) && !servedKey.test(text));
  return isCatalog ? checkData(text, "models") : undefined;
}

function checkSources(text: string): CheckedCatalogFile {
  const { value, problems: written, locate, positionOf } = readPlainYaml(text);
  const file = readSourcesFile(value);
  const merged = mergeSources([{ file, folder: "." }]);
  const problems: FileProblem[] = [
    ...written.map(({ offset, message }) => ({ position: locate(offset), severity: "error" as const, message })),
    ...file.problems.map((problem) => ({
      position: positionOf(problem.field),
      severity: "error" as const,
      message: problemText(problem),
    })),
  ];
  const places = new Map(
    (["catalogs", "model_catalogs", "mcp_catalogs"] as const).flatMap((section) => {
      const list = (value as Record<string, unknown> | undefined)?.[section];
      const items = Array.isArray(list) ? (list as { id?: unknown }[]) : [];
      return items.map((item, i) => [item?.id, `${section}[${i}]`] as const);
    }),
  );
  for (const { spec, problem } of merged.sources) {
    if (problem === undefined) continue;
    const position = positionOf(places.get(spec.id) ?? "");
    problems.push({ position, severity: "error", message: `source ${spec.id}: ${problem}` });
  }
  return { form: "catalog-sources", entries: merged.sources.length, problems: problems.sort(byPosition) };
}

function checkData(text: string, assetType: AssetType): CheckedCatalogFile {
  const form = assetType === "models" ? "catalog-models" : "catalog-servers";
  const problems: FileProblem[] = [];
  const lines = new Map<string, number>();
  let entries = 0;
  try {
    for (const listed of readEntryList(text, entriesKey[assetType])) {
      const { value, problem, position, positionOf } = listed.read();
      entries++;
      if (problem !== undefined) {
        problems.push({ position, severity: "error", message: problem });
        continue;
      }
      const read = readEntry(assetType, value, "lint");
      const who = read.name === undefined ? "" : `${read.name}: `;
      for (const found of read.problems) {
        problems.push({ position: positionOf(found.field), severity: "error", message: who + problemText(found) });
      }
      for (const key of read.unknown) {
        problems.push({
          position: positionOf(key),
          severity: "warning",
          message: `${who}${key.slice(0, 80)}: unknown field, not read`,
        });
      }
      const key = read.entry === undefined ? undefined : keyOfEntry(read.entry);
      const line = key === undefined ? undefined : lines.get(key);
      if (line !== undefined) {
        problems.push({
          position,
          severity: "error",
          message: `${who}the name is used twice; line ${line} has it already`,
        });
      } else if (key !== undefined) lines.set(key, position.line);
    }
  } catch (error) {
    if (!(error instanceof UnreadableList)) throw error;
    problems.push({ position: error.position, severity: "error", message: error.message });
  }
  return { form, entries, problems: problems.sort(byPosition) };
}
