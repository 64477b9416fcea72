import { writeFileSync } from "node:fs";
import { link, rename } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";

/** A catalog that is made up, in a folder. */
export interface MadeCatalog {
  readonly folder: string;
  readonly sources: number;
  /** Of each source. */
  readonly models: number;
  readonly form: "json" | "yaml";
}

/** The editions of every data file; the first is in force after writing. */
export const editions = { first: 0, touched: 1, rewritten: 2 } as const;
export type Edition = (typeof editions)[keyof typeof editions];

/** One of how many models has another description than in the first edition, by edition. */
const rewrittenOneOf = [Number.POSITIVE_INFINITY, 100, 1] as const;

/** Writes `sources.yaml`, and the editions of every data file. Returns how many bytes the data files of one edition have. */
export async function writeMadeCatalog(catalog: MadeCatalog): Promise<number> {
  const { folder, sources, models, form } = catalog;
  const ids = Array.from({ length: sources }, (_, i) => `s${i}`);
  const sourceOf = (id: string) => ({ id, name: id, type: "yaml", properties: { yamlCatalogPath: `${id}.${form}` } });
  writeFileSync(join(folder, "sources.yaml"), JSON.stringify({ model_catalogs: ids.map(sourceOf) }));
  let bytes = 0;
  for (const edition of Object.values(editions)) {
    for (const [i, id] of ids.entries()) {
      const value = { models: Array.from({ length: models }, (_, at) => madeModel(i * models + at, edition)) };
      const text = form === "json" ? JSON.stringify(value) : stringify(value);
      writeFileSync(join(folder, `${id}-${edition}`), text);
      bytes += Buffer.byteLength(text);
    }
  }
  await putEdition(catalog, editions.first);
  return bytes / Object.keys(editions).length;
}

/** Puts an edition of every data file in the place of the one before: by links, so that what is measured is not the copying. */
export async function putEdition({ folder, sources, form }: MadeCatalog, edition: Edition): Promise<void> {
  for (let i = 0; i < sources; i++) {
    const place = join(folder, `s${i}.${form}`);
    await link(join(folder, `s${i}-${edition}`), `${place}.new`);
    await rename(`${place}.new`, place);
  }
}

/** The last model of the last source, by which one sees which edition is served. */
export function lastModelOf({ sources, models }: MadeCatalog): { readonly source: string; readonly name: string } {
  return { source: `s${sources - 1}`, name: `bench/model-${sources * models - 1}` };
}

/** What the description of a model begins with that an edition has rewritten, which the last model is in each. */
export function beginningOf(edition: Edition): string {
  return `Edition ${edition}`;
}

function madeModel(i: number, edition: Edition): object {
  const isRewritten = (i + 1) % rewrittenOneOf[edition] === 0;
  return {
    name: `bench/model-${i}`,
    provider: `Provider ${i % 17}`,
    description: `${beginningOf(isRewritten ? edition : editions.first)} of a model made up for measuring, number ${i}, which takes room and does nothing else`,
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
