import { Command, CommanderError, Help } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { type CliIo, watchOutput } from "./cli-io.ts";
import { addressVariable } from "./client/address.ts";
import { tokenFileVariable } from "./client/token-file.ts";
import { addCatalog } from "./commands/catalog/catalog.ts";
import { addContract } from "./commands/contract.ts";
import { addController } from "./commands/controller.ts";
import { addDatabase } from "./commands/database.ts";
import { addDeploy } from "./commands/deploy.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addExport } from "./commands/export.ts";
import { addGet } from "./commands/get.ts";
import { addHealth } from "./commands/health.ts";
import { addImport } from "./commands/import.ts";
import { addLint } from "./commands/lint.ts";
import { addList } from "./commands/list.ts";
import { addMigrate } from "./commands/migrate.ts";
import { addPredict } from "./commands/predict.ts";
import { addProxy } from "./commands/proxy.ts";
import { addServe } from "./commands/serve.ts";
import { addStorageInitializer } from "./commands/storage-initializer.ts";
import { addUi } from "./commands/ui.ts";
import { addVersions } from "./commands/versions/versions.ts";
import { addWatch } from "./commands/watch.ts";
import { Failure } from "./failure.ts";
import { printableLines } from "./output/printable.ts";

const help = `
list, get, predict, watch, contract, health, versions, deploy, catalog and export call a running server.
\`kserve-model-registry help COMMAND\` describes each command.

Examples:
  kserve-model-registry list
  kserve-model-registry get anomaly-detector
  kserve-model-registry predict anomaly-detector '[[0.5,1.2,0.8]]'
  kserve-model-registry watch --address registry.example:8080
  kserve-model-registry lint values.yaml

Environment variables for these commands:
  ${addressVariable}      the server's address, if --address is not given
  ${tokenFileVariable}   a file with the bearer token to send, if --token-file is not given
  NODE_EXTRA_CA_CERTS                a PEM file with additional CA certificates to trust

Exit status:
  0  success
  1  failure: standard error says why, and what to do
  2  usage error: the command line or an input file is invalid; nothing was sent`;

/** The command line. `run` resolves with the exit status: 0 done, 1 failed, 2 wrong usage. */
export function createProgram(io: CliIo): { run(args: readonly string[]): Promise<number> } {
  return {
    async run(args) {
      const output = watchOutput(io);
      try {
        await createCommands(io, output.closed).parseAsync([...args], { from: "user" });
        await output.flushed();
        return 0;
      } catch (error) {
        // Commander has said it already.
        if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
        // It may quote whatever a server or a file says.
        io.stderr.write(`error: ${printableLines(error instanceof Error ? error.message : String(error))}\n`);
        return error instanceof Failure ? error.exitStatus : 1;
      }
    },
  };
}

function createCommands(io: CliIo, outputClosed: AbortSignal): Command {
  const width = (stream: unknown): number => Math.min((stream as { columns?: number }).columns ?? 120, 120);
  const program = new Command("kserve-model-registry")
    .description("One typed front door to the models that KServe serves: gRPC, gRPC-Web, Connect and JSON on one port.")
    .version(packageJson.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print help for a command")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(printableLines(text)),
      getOutHelpWidth: () => width(io.stdout),
      getErrHelpWidth: () => width(io.stderr),
    })
    // An option that may be repeated begins with an empty list, which nobody needs to read.
    .configureHelp({
      optionDescription: (option) => new Help().optionDescription(option).replace(" (default: [])", ""),
    })
    .showHelpAfterError("(see --help for usage)")
    .addHelpText("after", help);
  addServe(program, io);
  addProxy(program, io);
  addUi(program, io);
  addController(program, io);
  addList(program, io);
  addGet(program, io);
  addPredict(program, io);
  addWatch(program, io, outputClosed);
  addContract(program, io);
  addHealth(program, io);
  addDoctor(program, io);
  addLint(program, io);
  addMigrate(program, io);
  addVersions(program, io);
  addDeploy(program, io);
  addStorageInitializer(program, io);
  addExport(program, io);
  addImport(program, io);
  addCatalog(program, io);
  addDatabase(program, io);
  return program;
}
