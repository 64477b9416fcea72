/** Writes the TypeScript of `proto/` into `gen/`, and takes away what no proto stands for any more. `gen/wasm` stays. */
import { execFileSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const gen = join(root, "gen");

for (const name of readdirSync(gen)) {
  if (name !== "wasm") rmSync(join(gen, name), { recursive: true });
}
execFileSync(join(root, "node_modules/.bin/buf"), ["generate"], { cwd: root, stdio: "inherit" });
