import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { projectDir } from "./paths.ts";

/** Installs the programs that are missing. */
export default function setup(): void {
  execFileSync("bash", [join(projectDir, "test/deploy/install.sh")], { stdio: ["ignore", "inherit", "inherit"] });
}
