import { create } from "@bufbuild/protobuf";
import type { Command } from "commander";
import { type Model, ModelSource, ModelState, ModelType } from "../../gen/kserve/registry/v1/model_pb.ts";
import { ListModelsResponseSchema } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { ageOf } from "./age.ts";
import type { CliIo } from "./cli-io.ts";
import { type RegistryClient, withClient } from "./client.ts";
import { addClientOptions, type RawClientOptions, readClientOptions } from "./client-options.ts";
import { jsonText, messageJson } from "./json.ts";
import { addFilterOptions, filterFields, filterWords, type RawFilter } from "./model-filter.ts";
import { formatTable } from "./table.ts";
import { wordOf } from "./words.ts";

const pageSize = 1000;

const help = `
Examples:
  kserve-model-registry list
  kserve-model-registry list --type anomaly --namespace self-healing-platform
  kserve-model-registry list -o json | jq -r '.models[] | .name + " " + .url'

AGE is the time since the entry was last read with a change. The JSON is that of ListModelsResponse, with the models of
all pages in one.`;

/** Adds `list`: all models, or those of a filter. */
export function addList(program: Command, io: CliIo): void {
  const command = program.command("list").description("list the registered models");
  addClientOptions(addFilterOptions(command))
    .addHelpText("after", help)
    .action(async (raw: RawClientOptions & RawFilter) => {
      const options = readClientOptions(raw, io.env);
      const models = await withClient(options, (client) => listAll(client, raw, options.timeoutMs));
      if (options.output === "json") {
        const list = create(ListModelsResponseSchema, { models, totalSize: models.length });
        io.stdout.write(jsonText(messageJson(ListModelsResponseSchema, list), "indented"));
      } else if (models.length > 0) {
        io.stdout.write(modelsTable(models));
      }
      if (models.length === 0) io.stderr.write(`${emptyWords(options.address, filterWords(raw))}\n`);
    });
}

async function listAll(client: RegistryClient, filter: RawFilter, timeoutMs: number): Promise<Model[]> {
  const models: Model[] = [];
  let pageToken = "";
  do {
    const page = await client.listModels({ ...filterFields(filter), pageSize, pageToken }, { timeoutMs });
    models.push(...page.models);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return models;
}

function modelsTable(models: readonly Model[]): string {
  return formatTable(
    ["NAME", "TYPE", "NAMESPACE", "STATE", "SOURCE", "AGE"],
    models.map((model) => [
      model.name,
      wordOf(ModelType, model.type),
      model.namespace,
      wordOf(ModelState, model.state),
      wordOf(ModelSource, model.source),
      ageOf(model.updateTime),
    ]),
  );
}

function emptyWords(address: string, filter: string): string {
  return filter === "" ? `No models are registered at ${address}.` : `No model matches ${filter}.`;
}
