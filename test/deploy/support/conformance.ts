import { inject } from "vitest";
import { run } from "../../peers/support/run.ts";
import { schemaFile } from "./json-schemas.ts";
import { programs } from "./paths.ts";

/** Holds manifests against the schemas of the API server with kubeconform; returns what is wrong, a line for each object. */
export async function conformanceProblems(manifests: string): Promise<string[]> {
  const args = ["-strict", "-output", "json", "-schema-location", `${inject("schemas")}/${schemaFile}`, "-"];
  const { stdout, stderr } = await run(programs.kubeconform, args, { stdin: manifests });
  const { resources } = JSON.parse(stdout || `{"resources":[{"status":${JSON.stringify(stderr)}}]}`) as {
    resources: { kind: string; name: string; status: string; msg: string }[];
  };
  return resources
    .filter(({ status }) => status !== "statusValid" && status !== "statusSkipped")
    .map(({ kind, name, status, msg }) => `${kind}/${name}: ${status} ${msg}`);
}
