/**
 * Builds the page for people, `ui/`, into `dist/ui`: every file but the document named after its content, and each text
 * compressed beside itself, so that the server compresses nothing.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import {
  type BuildEnvironmentOptions,
  build,
  type HtmlTagDescriptor,
  type InlineConfig,
  type Plugin,
  type Rolldown,
} from "vite";
import { thirdPartyNotices } from "./third-party-notices.ts";

const root = join(import.meta.dirname, "..");
const outDir = join(root, "dist/ui");

/** What is worth compressing: fonts are compressed already. */
const texts = new Set([".js", ".css", ".svg", ".txt"]);
/** Below this a compressed file saves nothing. */
const minBytes = 1024;

/** What `main.ts` imports when it has begun to watch. */
const pageModule = join(root, "ui/src/page.tsx");

/** Has the document name the files of the page itself too, so that the browser fetches them along with the first script. */
const namePageFiles: Plugin = {
  name: "name-page-files",
  transformIndexHtml: {
    order: "post",
    handler(_, { bundle = {}, chunk: first }) {
      const chunks = Object.values(bundle).filter((output) => output.type === "chunk");
      const page = chunks.find(({ moduleIds }) => moduleIds.includes(pageModule));
      if (page === undefined) throw new Error(`${pageModule} is in no chunk`);
      const scripts = new Set<string>();
      const add = (name: string): void => {
        const chunk = chunks.find(({ fileName }) => fileName === name);
        for (const one of chunk?.imports ?? []) add(one);
        scripts.add(name);
      };
      add(first!.fileName);
      const named = [...scripts];
      add(page.fileName);
      for (const name of named) scripts.delete(name);
      const styles = new Set(
        [...scripts].flatMap((name) => [
          ...(chunks.find(({ fileName }) => fileName === name)?.viteMetadata?.importedCss ?? []),
        ]),
      );
      const link = (rel: string, name: string): HtmlTagDescriptor => ({
        tag: "link",
        attrs: { rel, crossorigin: true, href: `./${name}` },
        injectTo: "head",
      });
      return [
        ...[...scripts].map((name) => link("modulepreload", name)),
        ...[...styles].map((name) => link("stylesheet", name)),
      ];
    },
  },
};

/** Builds the page. Returns the size of its files as they are sent, in bytes. */
export async function buildPage(): Promise<number> {
  // The same in a test as in a build: React and its JSX would be those of development otherwise.
  process.env.NODE_ENV = "production";
  // What is shared with views that are loaded later would be in a dozen chunks, each of which costs a browser as much again as
  // the code in it. Which modules the first view needs shows only when those that nobody uses have been left out.
  const { main, page } = firstModules((await build(options({ write: false }))) as Rolldown.RolldownOutput);
  const groups = [
    { name: "main", test: (id: string) => main.has(id) },
    { name: "page", test: (id: string) => page.has(id) && !main.has(id) },
  ];
  const result = (await build(
    options({ rolldownOptions: { output: { codeSplitting: { groups } } } }),
  )) as Rolldown.RolldownOutput;
  const modules = result.output.flatMap((output) => (output.type === "chunk" ? output.moduleIds : []));
  const inputs = modules.filter((id) => id.startsWith("/")).map((id) => relative(root, id.split("?")[0]!));
  writeFileSync(join(outDir, "third-party-notices.txt"), thirdPartyNotices(root, inputs, []));
  return compressAll();
}

function options(build: BuildEnvironmentOptions): InlineConfig {
  return {
    configFile: false,
    root: join(root, "ui"),
    // Relative, so that the page works behind any prefix.
    base: "./",
    publicDir: "static",
    plugins: [namePageFiles],
    oxc: { jsx: { runtime: "automatic" } },
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2024",
      // The Content-Security-Policy of the page knows no `data:` but for pictures, and nothing inline.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      chunkSizeWarningLimit: 1024,
      ...build,
      rolldownOptions: {
        ...build.rolldownOptions,
        // Marks for servers that render components, which nobody does here.
        onLog: (level, log, handle) => log.code === "MODULE_LEVEL_DIRECTIVE" || handle(level, log),
      },
    },
    logLevel: "warn",
  };
}

/** What the first script is made of, and what the page of the first view, with all that they import. */
function firstModules({ output }: Rolldown.RolldownOutput): Record<"main" | "page", ReadonlySet<string>> {
  const chunks = output.filter((one) => one.type === "chunk");
  const modulesFrom = (name: string, found = new Set<string>()): Set<string> => {
    const { imports, moduleIds } = chunks.find(({ fileName }) => fileName === name)!;
    for (const id of moduleIds) found.add(id);
    for (const next of imports) modulesFrom(next, found);
    return found;
  };
  const nameOf = (module: string): string => chunks.find(({ facadeModuleId }) => facadeModuleId === module)!.fileName;
  return { main: modulesFrom(chunks.find(({ isEntry }) => isEntry)!.fileName), page: modulesFrom(nameOf(pageModule)) };
}

function compressAll(): number {
  let bytes = 0;
  for (const name of readdirSync(outDir, { recursive: true, encoding: "utf8" })) {
    const path = join(outDir, name);
    const { size } = statSync(path);
    if (statSync(path).isDirectory()) continue;
    if (!texts.has(extname(name)) || size < minBytes) {
      bytes += size;
      continue;
    }
    const content = readFileSync(path);
    const packed = gzipSync(content, { level: 9 });
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: size };
    writeFileSync(`${path}.gz`, packed);
    writeFileSync(`${path}.br`, brotliCompressSync(content, { params }));
    bytes += packed.length;
  }
  return bytes;
}
