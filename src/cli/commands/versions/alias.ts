import type { Command } from "commander";
import { SetAliasResponseSchema } from "../../../../gen/kserve/versions/v1/version_registry_pb.ts";
import type { CliIo } from "../../cli-io.ts";
import { withVersions } from "../../client/client.ts";
import { writeAnswer } from "../../client/client-options.ts";
import { usageFailure } from "../../failure.ts";
import { resultText } from "../../output/json.ts";

const help = `
Examples:
  kserve-model-registry versions alias disk-failure-predictor champion 2.1.0
  kserve-model-registry versions alias disk-failure-predictor champion 2.2.0 --expected 2.1.0
  kserve-model-registry versions alias disk-failure-predictor champion --delete

With --expected the alias is moved only if it still points to that version; '' means that the alias does not exist yet.`;

/** Adds `versions alias NAME ALIAS [VERSION]`. */
export function addAlias(parent: Command, io: CliIo): void {
  const command = parent
    .command("alias")
    .description("point an alias to a version, or delete it")
    .argument("<name>", "the name of the registered model")
    .argument("<alias>", "the alias, such as champion")
    .argument("[version]", "the name of the version")
    .option("--expected <version>", "move it only if it still points to this version")
    .option("--delete", "delete the alias");
  type Raw = { readonly expected?: string; readonly delete?: boolean };
  writeAnswer(
    command,
    io,
    help,
    async (options, name: string, alias: string, version: string | undefined, raw: Raw) => {
      if ((version === undefined) !== (raw.delete === true)) {
        throw usageFailure("give either the version for the alias, or --delete");
      }
      if (version === undefined) {
        await withVersions(options, (client) => client.deleteAlias({ name, alias }));
        return options.output === "json" ? "{}\n" : `${name}@${alias} was deleted\n`;
      }
      const expected = raw.expected === undefined ? {} : { expectedVersion: raw.expected };
      const set = await withVersions(options, (client) => client.setAlias({ name, alias, version, ...expected }));
      const text = () => `${name}@${alias} points to ${version}\n`;
      return resultText(options.output, SetAliasResponseSchema, set, text);
    },
  );
}
