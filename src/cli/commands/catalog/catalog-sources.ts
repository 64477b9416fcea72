import type { Command } from "commander";
import { ListSourcesResponseSchema } from "../../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import { AssetType, SourceStatus } from "../../../../gen/kserve/catalog/v1/source_pb.ts";
import type { CliIo } from "../../cli-io.ts";
import { allPages, withCatalog } from "../../client/client.ts";
import { addClientOptions, type RawClientOptions, readClientOptions } from "../../client/client-options.ts";
import { resultText } from "../../output/json.ts";
import { formatTable } from "../../output/table.ts";
import { wordOf } from "../../output/words.ts";

/** Adds `catalog sources`. */
export function addCatalogSources(parent: Command, io: CliIo): void {
  const command = parent.command("sources").description("list the catalog's sources and their problems");
  addClientOptions(command).action(async (raw: RawClientOptions) => {
    const options = readClientOptions(raw, io.env);
    const sources = await withCatalog(options, (client) => allPages(client.listSources, "sources", {}));
    const table = () =>
      formatTable(
        ["ID", "HOLDS", "STATUS", "ENTRIES", "LABELS", "ERROR"],
        sources.map((source) => [
          source.id,
          wordOf(AssetType, source.assetType),
          source.status === SourceStatus.UNSPECIFIED ? "loading" : wordOf(SourceStatus, source.status),
          String(source.size),
          source.labels.join(","),
          source.error,
        ]),
      );
    io.stdout.write(resultText(options.output, ListSourcesResponseSchema, { sources }, table));
  });
}
