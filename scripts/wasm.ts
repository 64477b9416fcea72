/**
 * Compiles `wasm/plain-rows.ts` to WebAssembly, and writes it as a module that is imported like any other: it runs from
 * source as from the bundle, with no file to find beside it.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import asc from "assemblyscript/asc";

const root = join(import.meta.dirname, "..");
const options = [
  ...["--baseDir", root, "-O3", "--noAssert", "--runtime", "stub", "--enable", "simd", "--outFile", "binary"],
  // What is in memory is said in the source: no heap, two pages.
  ...["--memoryBase", "16", "--initialMemory", "2", "--maximumMemory", "2"],
];

let binary: Uint8Array | undefined;
const { error, stderr } = await asc.main([...options, "wasm/plain-rows.ts"], {
  writeFile: (_name, content) => {
    binary = content as Uint8Array;
  },
});
if (error !== null || binary === undefined) {
  console.error(`${error?.message}\n${stderr}`);
  process.exit(1);
}
const base64 = Buffer.from(binary).toString("base64");
const lines = base64.match(/.{1,110}/g)!.map((line) => `  "${line}"`);
writeFileSync(
  join(root, "src/predict/plain-rows-binary.ts"),
  `// Written by \`npm run generate:wasm\` from wasm/plain-rows.ts; not to be edited.

/** The WebAssembly of \`wasm/plain-rows.ts\`, in base64. */
export const plainRowsBinary: string = [
${lines.join(",\n")},
].join("");
`,
);
