import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { projectDir } from "./paths.ts";

/** Builds the control plane where it is missing. */
export default function setup(): void {
  execFileSync("bash", [join(projectDir, "test/kube/install.sh")], { stdio: ["ignore", "inherit", "inherit"] });
}
