import { spawn } from "node:child_process";
import { paths } from "../measure/paths.ts";

/** Runs a load generator on a core to its end. */
export function runPinned(core: number, program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("taskset", ["-c", String(core), program, ...args], {
      env: { ...process.env, LD_LIBRARY_PATH: paths.libraries },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors += text;
    });
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${program} ended with ${code}: ${errors.slice(-500)}${output.slice(-500)}`));
    });
  });
}
