import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { parseAllDocuments } from "yaml";
import { startCluster } from "../../kube/support/cluster.ts";
import type { KubeApi, KubeObject } from "../../kube/support/kube-api.ts";
import { until } from "../../support/until.ts";
import { writeSchemas } from "./json-schemas.ts";
import { cacheDir, kustomizeDir, projectDir } from "./paths.ts";
import { thirdPartyDefinitions } from "./third-party.ts";

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
  execFileSync(process.execPath, [join(projectDir, "scripts/build.ts")], { stdio: ["ignore", "inherit", "inherit"] });
  mkdirSync(cacheDir, { recursive: true });
  const schemas = mkdtempSync(join(cacheDir, "schemas-"));
  const cluster = await startCluster();
  const stop = async (): Promise<void> => {
    await cluster.stop();
    rmSync(schemas, { recursive: true, force: true });
  };
  try {
    const own = readFileSync(join(kustomizeDir, "crd/model-registration.yaml"), "utf8");
    const definitions = [...parseAllDocuments(own).map((one) => one.toJS() as KubeObject), ...thirdPartyDefinitions];
    await cluster.api.apply(definitions);
    for (const definition of definitions) await untilServed(cluster.api, definition);
    await writeSchemas(cluster.api, schemas);
  } catch (error) {
    await stop();
    throw error;
  }
  project.provide("kubeconfig", cluster.kubeconfig);
  project.provide("schemas", schemas);
  return stop;
}

async function untilServed(api: KubeApi, { spec }: KubeObject): Promise<void> {
  const { group, names, versions } = spec as {
    group: string;
    names: { plural: string };
    versions: { name: string }[];
  };
  for (const { name } of versions) {
    const list = `/apis/${group}/${name}/${names.plural}?limit=1`;
    await until(async () => (await api.send("GET", list)).status === 200, `${list} is served`, 20_000);
    const schema = `/openapi/v3/apis/${group}/${name}`;
    const hasKind = async (): Promise<boolean> =>
      JSON.stringify((await api.send("GET", schema)).body).includes(names.plural);
    await until(hasKind, `${schema} describes ${names.plural}`, 20_000);
  }
}
