/**
 * Compiles what lies in `wasm/` to WebAssembly, and writes it as modules that are imported like any other: they run from
 * source as from the bundle, with no file to find beside them.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import asc from "assemblyscript/asc";

const root = join(import.meta.dirname, "..");
const targets = [
  { source: "wasm/row-scanner.ts", target: "gen/wasm/row-scanner-binary.ts", name: "rowScannerBinary" },
  { source: "wasm/numbers.ts", target: "gen/wasm/numbers-binary.ts", name: "numbersBinary" },
  { source: "wasm/number-reader.ts", target: "gen/wasm/number-reader-binary.ts", name: "numberReaderBinary" },
];
const options = [
  ...["--baseDir", root, "-O3", "--noAssert", "--runtime", "stub", "--enable", "simd", "--outFile", "binary"],
  // What is in memory is said in the source: no heap, two pages.
  ...["--memoryBase", "16", "--initialMemory", "2", "--maximumMemory", "2"],
];

for (const { source, target, name } of targets) {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main([...options, source], {
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
    join(root, target),
    `// Written by \`npm run generate:wasm\` from ${source}; not to be edited.

/** The WebAssembly of \`${source}\`, in base64. */
export const ${name}: string = [
${lines.join(",\n")},
].join("");
`,
  );
}
