import type { Command } from "commander";
import { RegisterVersionResponseSchema } from "../../../../gen/kserve/versions/v1/version_registry_pb.ts";
import type { CliIo } from "../../cli-io.ts";
import { withVersions } from "../../client/client.ts";
import { writeAnswer } from "../../client/client-options.ts";
import { collect } from "../../collect.ts";
import { usageFailure } from "../../failure.ts";
import { resultText } from "../../output/json.ts";
import { registeredWords } from "../../output/words.ts";

const help = `
Examples:
  kserve-model-registry versions register disk-failure-predictor 2.1.0 --uri s3://models/disk/2.1.0 --format sklearn
  kserve-model-registry versions register disk-failure-predictor 2.1.0 --uri s3://models/disk/2.1.0 \\
    --metric accuracy=0.97 --parameter depth=3 --property stage=production

Model, version and artifacts are registered in one step; the model is created if it does not exist. Running the same
command again changes nothing and succeeds; with other values it fails and names the differences.`;

/** What `register` takes besides the options of every client command. */
interface RawRegistration {
  readonly uri: string;
  readonly format?: string;
  readonly description?: string;
  readonly metric: readonly string[];
  readonly parameter: readonly string[];
  readonly property: readonly string[];
}

/** Adds `versions register NAME VERSION`. */
export function addRegister(parent: Command, io: CliIo): void {
  const command = parent
    .command("register")
    .description("register a version of a model and the location of its files")
    .argument("<name>", "the name of the registered model")
    .argument("<version>", "the name of the new version")
    .requiredOption("--uri <uri>", "the location of the model's files")
    .option("--format <name>", "the format of the files, such as sklearn")
    .option("--description <text>", "a description of the version")
    .option("--metric <name=number>", "a metric; may be repeated", collect, [])
    .option("--parameter <name=text>", "a training parameter; may be repeated", collect, [])
    .option("--property <name=text>", "a custom property of the version; may be repeated", collect, []);
  writeAnswer(command, io, help, async (options, name: string, version: string, raw: RawRegistration) => {
    const request = requestOf(name, version, raw);
    const answer = await withVersions(options, (client) => client.registerVersion(request as never));
    const text = () => registeredWords(answer);
    return resultText(options.output, RegisterVersionResponseSchema, answer, text);
  });
}

function requestOf(name: string, version: string, raw: RawRegistration): object {
  const { uri, format = "", description = "" } = raw;
  return {
    registeredModel: { name },
    modelVersion: {
      name: version,
      description,
      customProperties: Object.fromEntries(
        pairs("--property", raw.property).map(([key, value]) => [key, { value: { case: "stringValue", value } }]),
      ),
    },
    artifacts: [
      { sort: { case: "modelArtifact", value: { uri, modelFormatName: format } } },
      ...pairs("--metric", raw.metric).map(([key, text]) => {
        const value = Number(text);
        if (text.trim() === "" || !Number.isFinite(value))
          throw usageFailure(`--metric ${key}: expected a number, found ${text}`);
        return { name: key, sort: { case: "metric", value: { value } } };
      }),
      ...pairs("--parameter", raw.parameter).map(([key, value]) => ({
        name: key,
        sort: { case: "parameter", value: { value } },
      })),
    ],
  };
}

function pairs(option: string, texts: readonly string[]): (readonly [string, string])[] {
  return texts.map((text) => {
    const at = text.indexOf("=");
    if (at <= 0) throw usageFailure(`${option} ${text}: expected name=value`);
    return [text.slice(0, at), text.slice(at + 1)];
  });
}
