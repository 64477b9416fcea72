import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";

export interface MadeCatalog {
  readonly sources: number;
  /** Of each source. */
  readonly models: number;
  readonly form: "json" | "yaml";
}

/** Writes a catalog that is made up: `sources.yaml` and its data files. Returns how many bytes the data files have. */
export function writeMadeCatalog(folder: string, { sources, models, form }: MadeCatalog): number {
  const ids = Array.from({ length: sources }, (_, i) => `s${i}`);
  const sourceOf = (id: string) => ({ id, name: id, type: "yaml", properties: { yamlCatalogPath: `${id}.${form}` } });
  writeFileSync(join(folder, "sources.yaml"), JSON.stringify({ model_catalogs: ids.map(sourceOf) }));
  return ids.reduce((sum, id, i) => sum + writeDataFile(folder, `${id}.${form}`, i * models, models, form), 0);
}

/** Writes one data file anew. Returns its bytes. */
export function writeDataFile(
  folder: string,
  name: string,
  from: number,
  count: number,
  form: "json" | "yaml",
): number {
  const value = { models: Array.from({ length: count }, (_, i) => madeModel(from + i)) };
  const text = form === "json" ? JSON.stringify(value) : stringify(value);
  writeFileSync(join(folder, name), text);
  return Buffer.byteLength(text);
}

function madeModel(i: number): object {
  return {
    name: `bench/model-${i}`,
    provider: `Provider ${i % 17}`,
    description: `A model made up for measuring, number ${i}, which does nothing at all but take room`,
    language: ["en", "nl"],
    tasks: [i % 2 === 0 ? "text-generation" : "translation"],
    license: i % 3 === 0 ? "mit" : "apache-2.0",
    readme: `# Model ${i}\n\nThis is **bold** text, and more follows here.\n`,
    customProperties: { size: { metadataType: "MetadataStringValue", string_value: `${i % 9}B` } },
    artifacts: [{ uri: `oci://registry.example.org/model-${i}:1` }, ...[0, 1, 2].map((kind) => figures(i, kind))],
  };
}

function figures(i: number, kind: number): object {
  return {
    artifactType: "metrics-artifact",
    metricsType: "performance-metrics",
    customProperties: {
      hardware_type: { metadataType: "MetadataStringValue", string_value: `H${kind}` },
      hardware_count: { metadataType: "MetadataIntValue", int_value: String(kind + 1) },
      ttft_p90: { metadataType: "MetadataDoubleValue", double_value: 60 + (i % 977) / 2 },
      requests_per_second: { metadataType: "MetadataDoubleValue", double_value: 1.5 + kind },
    },
  };
}
