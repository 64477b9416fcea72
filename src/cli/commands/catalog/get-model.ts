import type { Command } from "commander";
import { GetModelResponseSchema } from "../../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import type { CatalogArtifact, CatalogModel } from "../../../../gen/kserve/catalog/v1/model_pb.ts";
import type { CliIo } from "../../cli-io.ts";
import { allPages, withCatalog } from "../../client/client.ts";
import { writeAnswer } from "../../client/client-options.ts";
import { resultText } from "../../output/json.ts";
import { printable } from "../../output/printable.ts";
import { formatTable } from "../../output/table.ts";

const help = `
Example:
  kserve-model-registry catalog get lab lab/tiny-chat

It shows the model's metadata, its artifacts and its model card. The JSON output is a GetModelResponse.`;

/** Adds `catalog get SOURCE MODEL`. */
export function addGetCatalogModel(parent: Command, io: CliIo): void {
  const command = parent
    .command("get")
    .description("show one model of the catalog, with its artifacts and its model card")
    .argument("<source>", "the ID of the source")
    .argument("<model>", "the name of the model");
  writeAnswer(command, io, help, async (options, sourceId: string, name: string) => {
    const { model, artifacts } = await withCatalog(options, async (client) => ({
      model: (await client.getModel({ sourceId, name })).model!,
      artifacts: await allPages(client.listArtifacts, "artifacts", { sourceId, name }),
    }));
    const text = () => describe(model, artifacts);
    return resultText(options.output, GetModelResponseSchema, { model }, text);
  });
}

function describe(model: CatalogModel, artifacts: readonly CatalogArtifact[]): string {
  const rows: (readonly [string, string])[] = [
    ["Name", model.name],
    ["Source", model.sourceId],
    ["Description", model.description],
    ["Provider", model.provider],
    ["Tasks", model.tasks.join(", ")],
    ["Languages", model.languages.join(", ")],
    ["License", [model.license, model.licenseLink].filter((text) => text !== "").join(" ")],
    ["Library", model.libraryName],
    ["Maturity", model.maturity],
    ...artifacts.flatMap(({ sort }): [string, string][] => (sort.case === "uri" ? [["Files", sort.value]] : [])),
  ];
  const fields = rows
    .filter(([, value]) => value !== "")
    .map(([key, value]) => `${`${key}:`.padEnd(13)} ${printable(value)}\n`)
    .join("");
  const measured = artifacts.filter(({ sort }) => sort.case === "metricsType");
  const table = measured.length === 0 ? "" : `\n${figures(measured)}`;
  const readme = model.readme === "" ? "" : `\n${model.readme.split("\n").map(printable).join("\n").trimEnd()}\n`;
  return fields + table + readme;
}

/** The figures of artifacts, a column for each property that any of them has. */
function figures(artifacts: readonly CatalogArtifact[]): string {
  const names = [...new Set(artifacts.flatMap(({ customProperties }) => Object.keys(customProperties)))].slice(0, 8);
  return formatTable(
    ["MEASURED", ...names.map((name) => name.toUpperCase())],
    artifacts.map((artifact, i) => [
      artifact.name || String(i + 1),
      ...names.map((name) => {
        const { value } = artifact.customProperties[name]?.value ?? {};
        return value === undefined || typeof value === "object" ? "" : String(value);
      }),
    ]),
  );
}
