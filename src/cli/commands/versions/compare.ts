import { type JsonValue, toJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import type { Command } from "commander";
import {
  CompareVersionsResponseSchema,
  ComparisonGroup,
} from "../../../../gen/kserve/versions/v1/version_registry_pb.ts";
import type { CliIo } from "../../cli-io.ts";
import { withVersions } from "../../client/client.ts";
import { writeAnswer } from "../../client/client-options.ts";
import { resultText } from "../../output/json.ts";
import { formatTable } from "../../output/table.ts";
import { wordOf } from "../../output/words.ts";

const help = `
Examples:
  kserve-model-registry versions compare disk-failure-predictor 2.0.0 2.1.0
  kserve-model-registry versions compare disk-failure-predictor 2.0.0 2.1.0 --all

It shows differences, and with --all equal values too. The JSON output is a CompareVersionsResponse.`;

/** Adds `versions compare NAME VERSION VERSION...`. */
export function addCompare(parent: Command, io: CliIo): void {
  const command = parent
    .command("compare")
    .description("compare versions of a model: properties, metrics, parameters, features")
    .argument("<name>", "the name of the registered model")
    .argument("<versions...>", "the names of 2 to 20 versions")
    .option("--all", "include equal values");
  writeAnswer(
    command,
    io,
    help,
    async (options, name: string, versions: readonly string[], raw: { readonly all?: boolean }) => {
      const wanted = versions.map((value) => ({ name, selector: { case: "version", value } as const }));
      const compared = await withVersions(options, (client) => client.compareVersions({ versions: wanted }));
      const rows = compared.rows.filter(({ differs }) => differs || raw.all === true);
      const table = () =>
        formatTable(
          ["KIND", "NAME", ...versions],
          rows.map((row) => [
            wordOf(ComparisonGroup, row.group),
            row.name,
            ...(row.values?.values ?? []).map((value) => cellOf(toJson(ValueSchema, value))),
          ]),
        );
      return resultText(options.output, CompareVersionsResponseSchema, compared, table);
    },
  );
}

function cellOf(value: JsonValue): string {
  if (value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
