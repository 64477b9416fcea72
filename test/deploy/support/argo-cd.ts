import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { KubeObject } from "../../kube/support/kube-api.ts";
import { run } from "../../peers/support/run.ts";
import { cacheDir, projectDir } from "./paths.ts";

/** Holds an object of Argo CD against its types; returns what the compiler finds, such as a field that is misspelt. */
export async function argoProblems(object: KubeObject): Promise<string[]> {
  const [, version] = object.apiVersion.split("/");
  const folder = mkdtempSync(join(cacheDir, "argo-cd/check-"));
  try {
    const file = join(folder, "check.ts");
    const type = `import("../argoproj.io/${version}/${object.kind}.js").I${object.kind}`;
    writeFileSync(file, `export const object: ${type} = ${JSON.stringify(object)};\n`);
    const args = ["--ignoreConfig", "--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", file];
    const { code, stdout } = await run(join(projectDir, "node_modules/.bin/tsc"), args);
    return code === 0 ? [] : stdout.trim().split("\n");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
