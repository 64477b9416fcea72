/**
 * Builds `dist/`: the whole program, which plain `node dist/kserve-model-registry.js` runs anywhere, and the page for
 * people.
 */
import { chmod, copyFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildPage } from "./build-page.ts";
import { bundleProgram } from "./bundle.ts";
import { thirdPartyNotices } from "./third-party-notices.ts";

const root = join(import.meta.dirname, "..");
const outdir = join(root, "dist");

await rm(outdir, { recursive: true, force: true });
const metafile = await bundleProgram(outdir);
await chmod(join(outdir, "kserve-model-registry.js"), 0o755);
// Without it Node reads every file twice, to find out that it is a module.
await writeFile(join(outdir, "package.json"), '{ "type": "module" }\n');
await writeFile(join(outdir, "THIRD-PARTY-NOTICES.txt"), thirdPartyNotices(root, Object.keys(metafile.inputs)));
await copyFile(join(root, "LICENSE"), join(outdir, "LICENSE"));
const outputs = Object.values(metafile.outputs);
const bytes = outputs.reduce((sum, output) => sum + output.bytes, 0);
console.log(`dist/kserve-model-registry.js and ${outputs.length - 1} chunks: ${Math.round(bytes / 1024)} KiB`);
console.log(`dist/ui: ${Math.round((await buildPage()) / 1024)} KiB, compressed`);
