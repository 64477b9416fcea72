import type { Command } from "commander";
import { type ModelVersion, ModelVersionState } from "../../../../gen/kserve/versions/v1/model_version_pb.ts";
import { RegisteredModelState } from "../../../../gen/kserve/versions/v1/registered_model_pb.ts";
import {
  ListModelVersionsResponseSchema,
  ListRegisteredModelsResponseSchema,
} from "../../../../gen/kserve/versions/v1/version_registry_pb.ts";
import type { CliIo } from "../../cli-io.ts";
import { allPages, type VersionsClient, withVersions } from "../../client/client.ts";
import { type ClientOptions, writeAnswer } from "../../client/client-options.ts";
import { resultText } from "../../output/json.ts";
import { formatTable } from "../../output/table.ts";
import { ageOf, wordOf } from "../../output/words.ts";
import { findModel } from "./find-version.ts";

const help = `
Examples:
  kserve-model-registry versions list
  kserve-model-registry versions list disk-failure-predictor
  kserve-model-registry versions list --filter 'owner = "ada" AND stage = "production"'

Without a name it lists the registered models, with one the versions of that model, the newest first. A filter compares
fields and custom properties: =, !=, >, >=, <, <=, LIKE, ILIKE, IN, AND, OR, NOT. The JSON is that of the list's
response, with all pages in one.`;

/** Adds `versions list [NAME]`. */
export function addListVersions(parent: Command, io: CliIo): void {
  const command = parent
    .command("list")
    .description("list the registered models, or the versions of one")
    .argument("[name]", "the name of the registered model");
  writeAnswer(command, io, help, async (options, name: string | undefined, raw: { readonly filter: string }) => {
    return withVersions(options, (client) =>
      name === undefined ? listModels(client, options, raw.filter) : listVersions(client, options, raw.filter, name),
    );
  }).option("--filter <words>", "only matching ones, such as 'name LIKE \"disk%\"'", "");
}

async function listModels(client: VersionsClient, options: ClientOptions, filter: string): Promise<string> {
  const registeredModels = await allPages(client.listRegisteredModels, "registeredModels", { filter });
  const table = () =>
    formatTable(
      ["NAME", "STATE", "OWNER", "CHANGED"],
      registeredModels.map(({ name, state, owner, updateTime }) => [
        name,
        wordOf(RegisteredModelState, state),
        owner,
        ageOf(updateTime),
      ]),
    );
  return resultText(options.output, ListRegisteredModelsResponseSchema, { registeredModels }, table);
}

async function listVersions(
  client: VersionsClient,
  options: ClientOptions,
  filter: string,
  name: string,
): Promise<string> {
  const { id: registeredModelId } = await findModel(client, name);
  const { aliases } = await client.listAliases({ name });
  const modelVersions = await allPages(client.listModelVersions, "modelVersions", {
    filter,
    orderBy: "create_time desc",
    registeredModelId,
  });
  const aliasesOf = (version: ModelVersion): string =>
    aliases
      .filter(({ modelVersionId }) => modelVersionId === version.id)
      .map(({ alias }) => alias)
      .join(",");
  const table = () =>
    formatTable(
      ["VERSION", "STATE", "ALIASES", "AUTHOR", "AGE"],
      modelVersions.map((version) => [
        version.name,
        wordOf(ModelVersionState, version.state),
        aliasesOf(version),
        version.author,
        ageOf(version.createTime),
      ]),
    );
  return resultText(options.output, ListModelVersionsResponseSchema, { modelVersions }, table);
}
