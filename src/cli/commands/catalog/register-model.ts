import type { Command } from "commander";
import { RegisterFromCatalogResponseSchema } from "../../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import type { CliIo } from "../../cli-io.ts";
import { withCatalog } from "../../client/client.ts";
import { writeAnswer } from "../../client/client-options.ts";
import { resultText } from "../../output/json.ts";
import { registeredWords } from "../../output/words.ts";

const help = `
Example:
  kserve-model-registry catalog register lab lab/tiny-chat 1 --name tiny-chat

Model, version and artifact are registered in one step, with their origin. Running the same command again changes
nothing and succeeds.`;

/** What `register` takes besides the options of every client command. */
interface RawRegister {
  readonly name?: string;
  readonly uri?: string;
}

/** Adds `catalog register SOURCE MODEL [VERSION]`. */
export function addRegisterFromCatalog(parent: Command, io: CliIo): void {
  const command = parent
    .command("register")
    .description("register a model of the catalog in the registry of versions")
    .argument("<source>", "the ID of the source")
    .argument("<model>", "the name of the model")
    .argument("[version]", "the name of the version", "1")
    .option("--name <name>", "the name of the registered model (default: that in the catalog)")
    .option("--uri <uri>", "which of its files (default: the first)");
  writeAnswer(command, io, help, async (options, sourceId: string, name: string, version: string, raw: RawRegister) => {
    const request = { sourceId, name, registeredName: raw.name ?? "", version, uri: raw.uri ?? "" };
    const answer = await withCatalog(options, (client) => client.registerFromCatalog(request));
    const text = () => registeredWords(answer);
    return resultText(options.output, RegisterFromCatalogResponseSchema, answer, text);
  });
}
