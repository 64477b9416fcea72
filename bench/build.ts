import { execFileSync } from "node:child_process";
import { paths, root } from "../measure/paths.ts";

/** Installs the other programs, and builds the bundle. */
export function prepare(): void {
  execFileSync(paths.install, { stdio: "inherit" });
  buildBundle();
}

/** Builds the bundle where it is missing or older than what it is made from. */
export function buildBundle(): void {
  execFileSync(process.execPath, ["scripts/build-once.ts"], { cwd: root, stdio: "inherit" });
}
