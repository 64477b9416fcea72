import { create } from "@bufbuild/protobuf";
import type { Command } from "commander";
import { PreviewSourceResponseSchema } from "../../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import type { CliIo } from "../../cli-io.ts";
import { allPages, type PageRequest, withCatalog } from "../../client/client.ts";
import { writeAnswer } from "../../client/client-options.ts";
import { resultText } from "../../output/json.ts";
import { formatTable } from "../../output/table.ts";
import { assertStdinOnce, readFile } from "../../read-file.ts";

const help = `
CONFIG is a file with one source as in sources.yaml, or - for standard input. The server keeps nothing.

Example:
  kserve-model-registry catalog preview source.yaml --data models.yaml`;

/** Adds `catalog preview CONFIG`. */
export function addPreviewSource(parent: Command, io: CliIo): void {
  const command = parent
    .command("preview")
    .description("show which entries a source would have")
    .argument("<config>", "a file with the source")
    .option("--data <path>", "its data file (default: the one that the source names, on the server)");
  writeAnswer(command, io, help, async (options, path: string, raw: { readonly data?: string }) => {
    assertStdinOnce([path, raw.data]);
    const config = await readFile(path, io.stdin);
    const catalogData = raw.data === undefined ? "" : await readFile(raw.data, io.stdin);
    let last = create(PreviewSourceResponseSchema);
    const entries = await withCatalog(options, (client) =>
      allPages(
        async (page: PageRequest) => {
          last = await client.previewSource({ ...page, config, catalogData });
          return last;
        },
        "entries",
        {},
      ),
    );
    const rows = entries.map(({ name, included }) => [name, included ? "yes" : "no"]);
    const text = () =>
      `${formatTable(["NAME", "INCLUDED"], rows)}${last.includedSize} of ${last.totalSize} entries included\n`;
    return resultText(options.output, PreviewSourceResponseSchema, { ...last, entries }, text);
  });
}
