import { execFileSync } from "node:child_process";
import { existsSync, globSync, statSync } from "node:fs";
import { join } from "node:path";
import { paths, root } from "../measure/paths.ts";

/** Installs the other programs, and builds the bundle where it is missing or older than what it is made from. */
export function prepare(): void {
  execFileSync(paths.install, { stdio: "inherit" });
  const sources = ["src/**/*.ts", "gen/**/*.ts", "scripts/build.ts", "package-lock.json"];
  const newest = Math.max(...globSync(sources, { cwd: root }).map((file) => statSync(join(root, file)).mtimeMs));
  if (existsSync(paths.bundle) && statSync(paths.bundle).mtimeMs >= newest) return;
  execFileSync(process.execPath, ["scripts/build.ts"], { cwd: root, stdio: "inherit" });
}
