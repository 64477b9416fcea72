import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { startCluster } from "../../kube/support/cluster.ts";
import type {} from "../../support/program.ts";
import { installDefinitions } from "./definitions.ts";
import { writeSchemas } from "./json-schemas.ts";
import { builtProgram, cacheDir, kustomizeDir, projectDir } from "./paths.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** A kubeconfig of the API server that all suites here share. */
    kubeconfig: string;
    /** A folder with a strict JSON schema of every kind that the API server knows. */
    schemas: string;
  }
}

/** Installs the programs that are missing, builds our own, and starts one API server that knows our kinds and those of others. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  for (const script of ["test/deploy/install.sh", "test/kube/install.sh"]) {
    execFileSync("bash", [join(projectDir, script)], { stdio: ["ignore", "inherit", "inherit"] });
  }
  execFileSync(process.execPath, [join(projectDir, "scripts/build-once.ts")], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  mkdirSync(cacheDir, { recursive: true });
  // The one step that the documents ask for before a database is deployed.
  for (const overlay of ["db", "postgres"]) {
    const secrets = join(kustomizeDir, "overlays", overlay, "secrets.env");
    if (!existsSync(secrets)) copyFileSync(`${secrets}.example`, secrets);
  }
  const schemas = mkdtempSync(join(cacheDir, "schemas-"));
  const cluster = await startCluster();
  const stop = async (): Promise<void> => {
    await cluster.stop();
    rmSync(schemas, { recursive: true, force: true });
  };
  try {
    await installDefinitions(cluster.api);
    await writeSchemas(cluster.api, schemas);
  } catch (error) {
    await stop();
    throw error;
  }
  project.provide("kubeconfig", cluster.kubeconfig);
  project.provide("schemas", schemas);
  project.provide("program", builtProgram);
  return stop;
}
