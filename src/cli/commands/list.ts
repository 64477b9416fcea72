import { create } from "@bufbuild/protobuf";
import type { Command } from "commander";
import {
  type Model,
  ModelSource,
  ModelState,
  ModelType,
  type VersionLink,
  VersionLinkState,
} from "../../../gen/kserve/registry/v1/model_pb.ts";
import {
  type ListModelsResponse,
  ListModelsResponseSchema,
  type UnservedEntry,
} from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import type { CliIo } from "../cli-io.ts";
import { allPages, type PageRequest, type RegistryClient, withClient } from "../client/client.ts";
import { addClientOptions, type RawClientOptions, readClientOptions } from "../client/client-options.ts";
import { addFilterOptions, filterFields, filterWords, type RawFilter } from "../model-filter.ts";
import { jsonText, messageJson } from "../output/json.ts";
import { printable } from "../output/printable.ts";
import { formatTable } from "../output/table.ts";
import { ageOf, problemWords, versionWords, wordOf } from "../output/words.ts";

const help = `
Examples:
  kserve-model-registry list
  kserve-model-registry list --type anomaly --namespace self-healing-platform
  kserve-model-registry list --all
  kserve-model-registry list -o json | jq -r '.models[] | .name + " " + .url'

The column VERSION is shown if a model is linked to a registered version, with that version's aliases. AGE is the time
since the entry last changed. With --all, entries that are not served follow the models, each with the reason: it is
shadowed by another entry of the same name, or rejected. The JSON output is one ListModelsResponse with all models.`;

/** Adds `list`: all models, or those of a filter. */
export function addList(program: Command, io: CliIo): void {
  const command = program.command("list").description("list the registered models");
  addClientOptions(addFilterOptions(command))
    .option("--all", "include entries that are not served: shadowed by another one, or rejected")
    .addHelpText("after", help)
    .action(async (raw: RawClientOptions & RawFilter & { readonly all?: boolean }) => {
      const options = readClientOptions(raw, io.env);
      const list = await withClient(options, (client) => listAll(client, raw, raw.all ?? false));
      const { models, unserved } = list;
      if (options.output === "json") {
        io.stdout.write(jsonText(messageJson(ListModelsResponseSchema, list), "indented"));
      } else {
        if (models.length > 0) io.stdout.write(modelsTable(models));
        if (unserved.length > 0) io.stdout.write(`${models.length > 0 ? "\n" : ""}${unservedTable(unserved)}`);
      }
      if (models.length === 0) io.stderr.write(`${emptyWords(options.address, filterWords(raw))}\n`);
    });
}

async function listAll(
  client: RegistryClient,
  filter: RawFilter,
  includeUnserved: boolean,
): Promise<ListModelsResponse> {
  let unserved: UnservedEntry[] = [];
  const models = await allPages(
    async (page: PageRequest) => {
      const answer = await client.listModels({ ...filterFields(filter), ...page, includeUnserved });
      if (page.pageToken === "") unserved = answer.unserved;
      return answer;
    },
    "models",
    {},
  );
  return create(ListModelsResponseSchema, { models, totalSize: models.length, unserved });
}

function modelsTable(models: readonly Model[]): string {
  const linked = models.some(({ versionLink }) => versionLink !== undefined);
  return formatTable(
    ["NAME", "TYPE", "NAMESPACE", "STATE", ...(linked ? ["VERSION"] : []), "SOURCE", "AGE"],
    models.map((model) => [
      model.name,
      wordOf(ModelType, model.type),
      model.namespace,
      wordOf(ModelState, model.state),
      ...(linked ? [linkWords(model.versionLink)] : []),
      wordOf(ModelSource, model.source),
      ageOf(model.updateTime),
    ]),
  );
}

/** The registered version, or what is the matter with the link to it. */
function linkWords(link: VersionLink | undefined): string {
  if (link === undefined) return "-";
  const state = link.state === VersionLinkState.LINKED ? "" : ` (${wordOf(VersionLinkState, link.state)})`;
  return printable(`${versionWords(link) || link.reference}${state}`);
}

function unservedTable(unserved: readonly UnservedEntry[]): string {
  return formatTable(
    ["NOT SERVED", "SOURCE", "LOCATION", "WHY"],
    unserved.map(({ name, entry }) => [
      printable(name) || "-",
      wordOf(ModelSource, entry?.source ?? ModelSource.UNSPECIFIED),
      printable(entry?.location ?? ""),
      entry?.refused ? printable(problemWords(entry.problems)) : "shadowed",
    ]),
  );
}

function emptyWords(address: string, filter: string): string {
  return filter === "" ? `No models are registered at ${address}.` : `No model matches ${filter}.`;
}
