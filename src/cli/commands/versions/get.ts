import type { Command } from "commander";
import { ModelVersionState } from "../../../../gen/kserve/versions/v1/model_version_pb.ts";
import { ResolveVersionResponseSchema } from "../../../../gen/kserve/versions/v1/version_registry_pb.ts";
import type { CliIo } from "../../cli-io.ts";
import { withVersions } from "../../client/client.ts";
import { writeAnswer } from "../../client/client-options.ts";
import { resultText } from "../../output/json.ts";
import { formatTable } from "../../output/table.ts";
import { ageOf, wordOf } from "../../output/words.ts";
import { readVersionName, versionForm } from "./find-version.ts";

const help = `
Examples:
  kserve-model-registry versions get disk-failure-predictor
  kserve-model-registry versions get disk-failure-predictor:2.1.0
  kserve-model-registry versions get disk-failure-predictor@champion -o json | jq -r .uri

The JSON output is a ResolveVersionResponse.`;

/** Adds `versions get VERSION`: a version, and where its files are. */
export function addGetVersion(parent: Command, io: CliIo): void {
  const command = parent
    .command("get")
    .description("show one version and the location of its files")
    .argument("<version>", versionForm);
  writeAnswer(command, io, help, async (options, text: string) => {
    const wanted = readVersionName(text);
    const found = await withVersions(options, (client) => client.resolveVersion(wanted));
    const { registeredModel, modelVersion, uri } = found;
    const row = [
      registeredModel?.name ?? "",
      modelVersion?.name ?? "",
      wordOf(ModelVersionState, modelVersion?.state ?? 0),
      modelVersion?.author ?? "",
      ageOf(modelVersion?.createTime),
      uri,
    ];
    const table = () => formatTable(["NAME", "VERSION", "STATE", "AUTHOR", "AGE", "URI"], [row]);
    return resultText(options.output, ResolveVersionResponseSchema, found, table);
  });
}
