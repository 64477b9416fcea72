/**
 * Builds `dist/kserve-model-registry.js`: the whole program in one file that plain `node` runs anywhere, without
 * node_modules beside it. OpenTelemetry is in it too and stays asleep until a dynamic import wakes it.
 */
import { chmod, rm } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
const outfile = join(root, "dist/kserve-model-registry.js");

await rm(join(root, "dist"), { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ["src/main.ts"],
  outfile,
  bundle: true,
  platform: "node",
  target: "node22",
  format: "esm",
  // Minified it would start about 5 % faster, and nobody could read a stack trace.
  // Some dependencies are CommonJS and ask for Node's own modules with require.
  banner: { js: 'import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);' },
  metafile: true,
  logLevel: "warning",
});
await chmod(outfile, 0o755);
const { bytes } = Object.values(metafile.outputs)[0]!;
console.log(`dist/kserve-model-registry.js: ${Math.round(bytes / 1024)} KiB`);
