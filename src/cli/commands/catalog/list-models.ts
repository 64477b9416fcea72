import type { Command } from "commander";
import { ListModelsResponseSchema } from "../../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import type { CliIo } from "../../cli-io.ts";
import { allPages, withCatalog } from "../../client/client.ts";
import { addClientOptions, type RawClientOptions, readClientOptions } from "../../client/client-options.ts";
import { collect } from "../../collect.ts";
import { resultText } from "../../output/json.ts";
import { formatTable } from "../../output/table.ts";

/** What narrows a list. */
interface RawList extends RawClientOptions {
  readonly filter: string;
  readonly source: readonly string[];
  readonly label: readonly string[];
}

const help = `
Examples:
  kserve-model-registry catalog list --source lab
  kserve-model-registry catalog list --filter 'tasks = "text-generation" AND artifacts.ttft_p90 < 100'
  kserve-model-registry catalog search "chat"

The JSON output is a ListModelsResponse.`;

/** Adds `catalog list`. */
export function addListCatalog(parent: Command, io: CliIo): void {
  const command = parent.command("list").description("list the models of the catalog");
  addListOptions(command).action((raw: RawList) => list(raw, "", io));
}

/** Adds `catalog search TEXT`. */
export function addSearchCatalog(parent: Command, io: CliIo): void {
  const command = parent
    .command("search")
    .description("list the models whose name, description, provider, tasks or library contain a text")
    .argument("<text>", "the text to search for, case-insensitive");
  addListOptions(command).action((text: string, raw: RawList) => list(raw, text, io));
}

function addListOptions(command: Command): Command {
  return addClientOptions(command)
    .option("--filter <words>", "only matching ones, such as 'license = \"mit\"'", "")
    .option("--source <id>", "only from this source; may be repeated", collect, [])
    .option("--label <label>", "only from sources with this label; may be repeated", collect, [])
    .addHelpText("after", help);
}

async function list(raw: RawList, query: string, io: CliIo): Promise<void> {
  const options = readClientOptions(raw, io.env);
  const asked = { query, filter: raw.filter, sourceIds: [...raw.source], sourceLabels: [...raw.label] };
  const models = await withCatalog(options, (client) => allPages(client.listModels, "models", asked));
  const header = ["SOURCE", "NAME", "PROVIDER", "TASKS", "LICENSE"];
  const rows = models.map((model) => [
    model.sourceId,
    model.name,
    model.provider,
    model.tasks.join(","),
    model.license,
  ]);
  io.stdout.write(resultText(options.output, ListModelsResponseSchema, { models }, () => formatTable(header, rows)));
}
