import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { projectDir } from "./paths.ts";

/** Builds the control plane, and installs the real model servers, where they are missing. */
export default function setup(): void {
  for (const script of ["test/kube/install.sh", "test/peers/install.sh"]) {
    execFileSync("bash", [join(projectDir, script)], { stdio: ["ignore", "inherit", "inherit"] });
  }
}
