import type { Command } from "commander";
import type { CliIo } from "../../cli-io.ts";
import { allPages, type VersionsClient, withVersions } from "../../client/client.ts";
import { writeAnswer } from "../../client/client-options.ts";
import { Failure } from "../../failure.ts";
import { findModel, findVersion } from "./find-version.ts";

const help = `
Examples:
  kserve-model-registry versions delete disk-failure-predictor 2.0.0
  kserve-model-registry versions delete disk-failure-predictor

A version is deleted with its artifact records; the files themselves are kept. A version cannot be deleted while an
alias or an inference service refers to it, nor a model while it has versions. To take it out of use without deleting
it, archive it.`;

/** Adds `versions delete NAME [VERSION]`. */
export function addDelete(parent: Command, io: CliIo): void {
  const command = parent
    .command("delete")
    .description("delete a version with its artifacts, or a model without versions")
    .argument("<name>", "the name of the registered model")
    .argument("[version]", "the name of the version (default: the model itself)");
  writeAnswer(command, io, help, async (options, name: string, version: string | undefined) => {
    await withVersions(options, (client) => remove(client, name, version));
    const what = version === undefined ? name : `${name}:${version}`;
    return options.output === "json" ? "{}\n" : `${what} was deleted\n`;
  });
}

async function remove(client: VersionsClient, name: string, version: string | undefined): Promise<void> {
  if (version === undefined) {
    const { id } = await findModel(client, name);
    await client.deleteRegisteredModel({ id });
    return;
  }
  const { id } = await findVersion(client, name, version);
  await assertUnused(client, name, version, id);
  const artifacts = await allPages(client.listArtifacts, "artifacts", { modelVersionId: id });
  for (const artifact of artifacts) await client.deleteArtifact({ id: artifact.id });
  await client.deleteModelVersion({ id });
}

/** Looked at before anything is deleted: a version that is refused must keep its artifacts. */
async function assertUnused(client: VersionsClient, name: string, version: string, id: string): Promise<void> {
  const { aliases } = await client.listAliases({ name });
  const alias = aliases.find(({ modelVersionId }) => modelVersionId === id)?.alias;
  if (alias !== undefined) {
    throw new Failure(`the alias ${name}@${alias} points to ${version}; move or delete the alias first`);
  }
  const filter = `modelVersionId = "${id}"`;
  const { inferenceServices } = await client.listInferenceServices({ filter, pageSize: 1 });
  const { serveModels } = await client.listServeModels({ filter, pageSize: 1 });
  const [service] = [...inferenceServices, ...serveModels];
  if (service !== undefined) throw new Failure(`${version} is served by ${service.name}; archive it instead`);
}
