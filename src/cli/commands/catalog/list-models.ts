import { create } from "@bufbuild/protobuf";
import type { Command } from "commander";
import { ListModelsResponseSchema } from "../../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import type { CliIo } from "../../cli-io.ts";
import { allPages, withCatalog } from "../../client/client.ts";
import { addClientOptions, type RawClientOptions, readClientOptions } from "../../client/client-options.ts";
import { jsonText, messageJson } from "../../output/json.ts";
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

The JSON is that of ListModelsResponse.`;

/** Adds `catalog list`. */
export function addListCatalog(parent: Command, io: CliIo): void {
  const command = parent.command("list").description("list the models of the catalog");
  addListOptions(command).action((raw: RawList) => list(raw, "", io));
}

/** Adds `catalog search TEXT`. */
export function addSearchCatalog(parent: Command, io: CliIo): void {
  const command = parent
    .command("search")
    .description("list the models whose name, description, provider, tasks or library hold a text")
    .argument("<text>", "what to look for, in any case");
  addListOptions(command).action((text: string, raw: RawList) => list(raw, text, io));
}

function addListOptions(command: Command): Command {
  const collect = (text: string, earlier: readonly string[]): readonly string[] => [...earlier, text];
  return addClientOptions(command)
    .option("--filter <words>", "only those that match, such as 'license = \"mit\"'", "")
    .option("--source <id>", "only of this source; may be given again", collect, [])
    .option("--label <label>", "only of sources with this label; may be given again", collect, [])
    .addHelpText("after", help);
}

async function list(raw: RawList, query: string, io: CliIo): Promise<void> {
  const options = readClientOptions(raw, io.env);
  const { timeoutMs } = options;
  const asked = { query, filter: raw.filter, sourceIds: [...raw.source], sourceLabels: [...raw.label] };
  const models = await withCatalog(options, (client) =>
    allPages(async (page) => {
      const answer = await client.listModels({ ...page, ...asked }, { timeoutMs });
      return { items: answer.models, nextPageToken: answer.nextPageToken };
    }),
  );
  io.stdout.write(
    options.output === "json"
      ? jsonText(messageJson(ListModelsResponseSchema, create(ListModelsResponseSchema, { models })), "indented")
      : formatTable(
          ["SOURCE", "NAME", "PROVIDER", "TASKS", "LICENSE"],
          models.map(({ sourceId, name, provider, tasks, license }) => [
            sourceId,
            name,
            provider,
            tasks.join(","),
            license,
          ]),
        ),
  );
}
