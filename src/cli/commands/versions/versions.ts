import type { Command } from "commander";
import type { CliIo } from "../../cli-io.ts";
import { addAlias } from "./alias.ts";
import { addArchive } from "./archive.ts";
import { addCompare } from "./compare.ts";
import { addDelete } from "./delete.ts";
import { addGetVersion } from "./get.ts";
import { addListVersions } from "./list.ts";
import { addRegister } from "./register.ts";

const help = `
Examples:
  kserve-model-registry versions register disk-failure-predictor 2.1.0 --uri s3://models/disk/2.1.0 --metric accuracy=0.97
  kserve-model-registry versions list disk-failure-predictor
  kserve-model-registry versions alias disk-failure-predictor champion 2.1.0
  kserve-model-registry versions get disk-failure-predictor@champion -o json | jq -r .uri
  kserve-model-registry versions compare disk-failure-predictor 2.0.0 2.1.0

The server needs a database (DATABASE_URL) for these commands.`;

/** Adds `versions ...`: the registry of versions of a running server. */
export function addVersions(program: Command, io: CliIo): void {
  const command = program
    .command("versions")
    .description("register, find, compare and retire versions of models")
    .helpCommand("help [command]", "print help for a command")
    .addHelpText("after", help);
  addListVersions(command, io);
  addGetVersion(command, io);
  addRegister(command, io);
  addAlias(command, io);
  addArchive(command, io);
  addDelete(command, io);
  addCompare(command, io);
}
