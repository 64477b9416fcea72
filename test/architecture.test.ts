import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");

/**
 * Which rooms of `src/` a room may import. The direction is `api → predict → registry ← sources, upstream`; `compose`
 * alone knows them all, and the command line starts what `compose` has put together.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  base: [],
  registry: ["base"],
  versions: ["base"],
  // Reads its files by the one reader of documents.
  catalog: ["base", "documents"],
  documents: ["base", "registry"],
  kube: ["base"],
  sources: ["base", "documents", "kube", "registry"],
  // Datatypes and tensors, between the JSON of KServe v1 and the messages of the Open Inference Protocol.
  tensors: ["base", "registry", "predict"],
  upstream: ["base", "predict", "registry", "tensors"],
  predict: ["base", "registry", "gen"],
  contract: ["base", "registry"],
  access: ["base", "registry"],
  // Writes the status of what the sources of Kubernetes read.
  controller: ["base", "kube", "registry", "sources"],
  doctor: ["base", "contract", "predict", "registry", "upstream"],
  // Writes manifests, and nothing else.
  deployment: ["base", "documents", "registry", "versions"],
  api: [
    ...["base", "catalog", "contract", "deployment", "doctor", "gen", "predict", "registry", "tensors", "versions"],
  ],
  // Reads records in the form of the REST surface, and hands them to the store.
  transfer: ["api", "base", "versions"],
  // Asks a registry as the import does.
  storage: ["base", "registry", "transfer"],
  listen: ["base", "api"],
  config: ["access", "base", "kube", "registry"],
  compose: [
    ...["access", "api", "base", "catalog", "config", "controller", "doctor", "gen", "kube", "listen", "predict"],
    ...["registry", "sources", "storage", "transfer", "upstream", "versions"],
  ],
  cli: ["base", "catalog", "compose", "config", "doctor", "documents", "gen", "registry"],
  main: ["base", "cli"],
};

/** Libraries that stay in one place: a room, or a folder of one. */
const confined: readonly { library: RegExp; places: readonly string[] }[] = [
  { library: /^@connectrpc\//, places: ["src/api/", "src/cli/", "src/compose/"] },
  { library: /^@kubernetes\//, places: ["src/kube/"] },
  { library: /^jose$/, places: ["src/access/"] },
  { library: /^prom-client$/, places: ["src/api/metrics/"] },
  { library: /^@opentelemetry\//, places: ["src/compose/"] },
  { library: /^cockatiel$/, places: ["src/predict/limits/"] },
  { library: /^pino$/, places: ["src/compose/"] },
  { library: /^(kysely|pg|mysql2|node:sqlite)(\/|$)/, places: ["src/versions/sql/"] },
  { library: /^yaml$/, places: ["src/documents/", "src/sources/"] },
];

/** What a room may import of another, where that is not all: `tensors` is for upstream too, which knows no pipeline. */
const partly: readonly { room: string; of: string; places: readonly string[] }[] = [
  {
    room: "tensors",
    of: "src/predict/",
    places: ["src/predict/json/", ...["first-row-width", "row-ranges"].map((name) => `src/predict/rows/${name}.ts`)],
  },
  { room: "upstream", of: "src/predict/", places: ["src/predict/json/"] },
];

interface Import {
  readonly file: string;
  readonly room: string;
  /** As it is written. */
  readonly target: string;
  /** The file of the project that it means; undefined for a library. */
  readonly targetFile: string | undefined;
}

const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => join("src", name))
  .sort();

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/(?:from|import\(|^import)\s*"([^"]+)"/gm)].map((match) => {
    const target = match[1]!;
    const targetFile = target.startsWith(".") ? relative(root, resolve(root, dirname(file), target)) : undefined;
    return { file, room: roomOf(file), target, targetFile };
  });
}

function roomOf(file: string): string {
  if (file.startsWith("gen/")) return "gen";
  const parts = file.split("/");
  return parts.length === 2 ? parts[1]!.replace(/\.ts$/, "") : parts[1]!;
}

/** The files that import each other in a circle, each circle as one list. */
function circles(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) found.push(path.slice(at).sort());
    if (at >= 0 || done.has(file)) return;
    for (const next of imports.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
  return found;
}

describe("the page", () => {
  const sources = readdirSync(join(root, "ui/src"), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .flatMap((name) => importsOf(join("ui/src", name)));

  it("imports its own files and the generated contracts, and nothing of the server", () => {
    const wrong = sources.filter(({ targetFile }) => targetFile !== undefined && !/^(ui\/src|gen)\//.test(targetFile));
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
    expect(sources.some(({ targetFile }) => targetFile?.startsWith("gen/"))).toBe(true);
  });

  it("uses libraries for browsers alone", () => {
    const known = /^(react|react-dom|react-markdown|remark-gfm|@patternfly|@tanstack|@connectrpc|@bufbuild)(\/|$)/;
    const libraries = sources.filter(({ targetFile }) => targetFile === undefined).map(({ target }) => target);
    expect(libraries.filter((library) => !known.test(library))).toEqual([]);
  });
});

describe("the rooms of src/", () => {
  const all = files.flatMap(importsOf);

  it("are found, and no file lies loose beside main.ts", () => {
    expect(new Set(files.map(roomOf))).toEqual(new Set(Object.keys(allowed)));
  });

  it.each(Object.entries(allowed))("%s imports only %j", (room, rooms) => {
    const wrong = all.filter(({ targetFile, ...from }) => {
      if (from.room !== room || targetFile === undefined || targetFile === "package.json") return false;
      return roomOf(targetFile) !== room && !rooms.includes(roomOf(targetFile));
    });
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it("have no circle of files that import each other", () => {
    const imports = new Map(
      files.map((file) => [file, importsOf(file).flatMap(({ targetFile }) => targetFile ?? [])] as const),
    );
    expect(circles(imports)).toEqual([]);
  });

  it.each(partly)("$room imports of $of only $places", ({ room, of, places }) => {
    const wrong = all.filter(
      ({ room: from, targetFile }) =>
        from === room && targetFile?.startsWith(of) === true && !places.some((at) => targetFile.startsWith(at)),
    );
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it.each(confined)("$library stays in $places", ({ library, places }) => {
    const wrong = all.filter(({ target, file }) => library.test(target) && !places.some((at) => file.startsWith(at)));
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it("read process.env in one file", () => {
    expect(files.filter((file) => readFileSync(join(root, file), "utf8").includes("process.env"))).toEqual([
      "src/main.ts",
    ]);
  });
});
