import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isRecord } from "../../base/field-reader.ts";
import type { Properties, PropertyValue } from "../../base/property-value.ts";
import { yieldIfBusy } from "../../base/yield-if-busy.ts";
import type { CatalogArtifact } from "../entries/entry.ts";
import { entryId } from "../entries/entry-id.ts";
import { type FilesWithin, UnusableFile } from "../sources/files-within.ts";

/** The benchmarks of one model, whichever source has it. */
export interface Benchmarks {
  readonly artifacts: readonly CatalogArtifact[];
  /** Properties of the model itself: `size`, `tensor_type`, `variant_group_id`. */
  readonly properties: Properties;
}

/** The benchmarks in some folders, by model name in lower case. */
export interface ReadBenchmarks {
  readonly byModel: ReadonlyMap<string, Benchmarks>;
  readonly problems: readonly string[];
}

/** How deep folders are searched, and how many of them. */
const maxDepth = 5;
const maxFolders = 10_000;
const maxProblems = 20;

const fileNames = ["metadata.json", "evaluations.ndjson", "performance.ndjson"] as const;

/** The folders below some that hold benchmarks, and a fingerprint of what is in them. */
export async function findBenchmarks(
  roots: readonly string[],
  files: FilesWithin,
): Promise<{ readonly folders: readonly string[]; readonly fingerprint: string }> {
  const folders: string[] = [];
  const prints: string[] = [];
  let left = maxFolders;
  const visit = async (folder: string, depth: number): Promise<void> => {
    if (left-- <= 0) return;
    const items = await readdir(folder, { withFileTypes: true }).catch(() => []);
    if (items.some(({ name }) => name === "metadata.json")) {
      folders.push(folder);
      for (const name of fileNames) {
        prints.push(await files.fingerprint(join(folder, name)).catch((error: Error) => error.message));
      }
    }
    if (depth === maxDepth) return;
    for (const item of items.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      // Kubernetes' own folders in mounted volumes begin with two dots.
      if (item.isDirectory() && !item.name.startsWith("..")) await visit(join(folder, item.name), depth + 1);
    }
  };
  for (const root of roots) await visit(root, 0);
  return { folders, fingerprint: prints.join(" ") };
}

/** Reads folders with `metadata.json`, `evaluations.ndjson` and `performance.ndjson`. A bad line does not touch others. */
export async function readBenchmarks(folders: readonly string[], files: FilesWithin): Promise<ReadBenchmarks> {
  const byModel = new Map<string, Benchmarks>();
  const problems: string[] = [];
  for (const folder of folders) {
    const note = (problem: string): void => {
      if (problems.length < maxProblems) problems.push(problem);
    };
    try {
      const metadata = JSON.parse(decode(await files.read(join(folder, "metadata.json")))) as unknown;
      if (!isRecord(metadata) || typeof metadata.id !== "string" || metadata.id === "") {
        note(`${join(folder, "metadata.json")}: id: missing; expected the name of a model`);
        continue;
      }
      const key = metadata.id.toLowerCase();
      const known = byModel.get(key);
      const found = await readFolder(folder, metadata.id, metadata, files, note);
      byModel.set(key, {
        artifacts: [...(known?.artifacts ?? []), ...found.artifacts],
        properties: { ...known?.properties, ...found.properties },
      });
    } catch (error) {
      note(error instanceof UnusableFile ? error.message : `${join(folder, "metadata.json")}: not JSON`);
    }
  }
  return { byModel, problems };
}

async function readFolder(
  folder: string,
  model: string,
  metadata: Readonly<Record<string, unknown>>,
  files: FilesWithin,
  note: (problem: string) => void,
): Promise<Benchmarks> {
  const { overall_accuracy: overall, size, tensor_type, variant_group_id } = metadata;
  const evaluations = await readLines(join(folder, "evaluations.ndjson"), files, note);
  const scores = evaluations.flatMap(({ benchmark, score }): [string, number][] =>
    typeof benchmark === "string" && typeof score === "number" ? [[benchmark, score]] : [],
  );
  const lines = await readLines(join(folder, "performance.ndjson"), files, note);
  const fractions = new Set(lines.flatMap((line) => Object.keys(line).filter((key) => isFraction(line[key]))));
  const artifacts = lines.map((line, i): CatalogArtifact => {
    const { id, ...figures } = line;
    const name = `performance-${typeof id === "string" || typeof id === "number" ? id : i + 1}`;
    return metrics(model, name, "performance-metrics", propertiesOf(figures, fractions));
  });
  if (scores.length > 0 || typeof overall === "number") {
    const mean = scores.reduce((sum, [, score]) => sum + score, 0) / scores.length;
    const average = typeof overall === "number" ? overall : mean;
    const figures = Object.fromEntries([...scores, ["overall_average", average]].map(asDouble));
    artifacts.unshift(metrics(model, `accuracy-${model}`, "accuracy-metrics", figures));
  }
  return { artifacts, properties: propertiesOf({ size, tensor_type, variant_group_id }) };
}

function metrics(
  model: string,
  name: string,
  metricsType: "performance-metrics" | "accuracy-metrics",
  customProperties: Properties,
): CatalogArtifact {
  const id = entryId("benchmarks", model, name);
  return { id, name, artifactType: "metrics-artifact", metricsType, customProperties };
}

function asDouble([name, value]: (string | number)[]): [string, PropertyValue] {
  return [String(name), { metadataType: "MetadataDoubleValue", double_value: Number(value) }];
}

/** The lines of a file as objects. A file that is not there has none. */
async function readLines(
  path: string,
  files: FilesWithin,
  note: (problem: string) => void,
): Promise<Readonly<Record<string, unknown>>[]> {
  const bytes = await files.read(path).catch((error: UnusableFile) => {
    if (!error.message.endsWith("no such file")) note(error.message);
    return undefined;
  });
  const read: Readonly<Record<string, unknown>>[] = [];
  for (const [i, line] of (bytes === undefined ? "" : decode(bytes)).split("\n").entries()) {
    if (line.trim() === "") continue;
    await yieldIfBusy();
    try {
      const value = JSON.parse(line) as unknown;
      if (!isRecord(value)) throw new Error();
      read.push(value);
    } catch {
      note(`${path}:${i + 1}: not a JSON object`);
    }
  }
  return read;
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/**
 * Plain values as properties. What is neither text, number nor boolean is left out.
 *
 * @param fractions the names that are doubles everywhere, because one of their values has a fraction
 */
function propertiesOf(
  figures: Readonly<Record<string, unknown>>,
  fractions: ReadonlySet<string> = new Set(),
): Properties {
  return Object.fromEntries(
    Object.entries(figures).flatMap(([name, value]): [string, PropertyValue][] => {
      if (typeof value === "string") return [[name, { metadataType: "MetadataStringValue", string_value: value }]];
      if (typeof value === "boolean") return [[name, { metadataType: "MetadataBoolValue", bool_value: value }]];
      if (typeof value !== "number") return [];
      if (fractions.has(name) || isFraction(value)) return [asDouble([name, value])];
      return [[name, { metadataType: "MetadataIntValue", int_value: String(value) }]];
    }),
  );
}

/** Whether an int property cannot hold a number. */
function isFraction(value: unknown): boolean {
  return typeof value === "number" && !(Number.isInteger(value) && Math.abs(value) < 2 ** 31);
}
