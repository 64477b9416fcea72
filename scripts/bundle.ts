import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { build, type Metafile } from "esbuild";

const root = join(import.meta.dirname, "..");

/**
 * Writes the program into a folder, to run anywhere without node_modules beside it. What only some starts need (the server
 * itself, OpenTelemetry, the Kubernetes client) is in chunks that are read when a dynamic import asks for them, so that no
 * other start pays for them.
 */
export async function bundleProgram(outdir: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { "kserve-model-registry": "src/main.ts" },
    outdir,
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    splitting: true,
    platform: "node",
    target: "node22",
    format: "esm",
    // Minified it would start about 5 % faster, and nobody could read a stack trace.
    // Some dependencies are CommonJS and ask for Node's own modules with require.
    banner: { js: 'import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);' },
    metafile: true,
    logLevel: "warning",
  });
  // Run by Python, where the storage initializer is used.
  await copyFile(join(root, "src/storage/download.py"), join(outdir, "download.py"));
  return metafile;
}
