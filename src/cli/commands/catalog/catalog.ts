import type { Command } from "commander";
import type { Env } from "../../../config/config.ts";
import type { CliIo } from "../../cli-io.ts";
import { collect } from "../../collect.ts";
import { usageFailure } from "../../failure.ts";
import { runUntilInterrupted } from "../../run-until-interrupted.ts";
import { addCatalogSources } from "./catalog-sources.ts";
import { addGetCatalogModel } from "./get-model.ts";
import { addListCatalog, addSearchCatalog } from "./list-models.ts";
import { addPreviewSource } from "./preview-source.ts";
import { addRegisterFromCatalog } from "./register-model.ts";

const help = `
These commands call a running server. Without a command it runs a server itself, with the flags of Kubeflow's
catalog, so that its manifests run with this program; what the flags do not say, the variables of serve do:
CATALOG_SOURCES, CATALOG_DATA_DIRS, PORT, HOST.

Examples:
  kserve-model-registry catalog --listen 0.0.0.0:8080 --catalogs-path sources.yaml
  kserve-model-registry catalog list --filter 'license = "apache-2.0"'
  kserve-model-registry catalog search chat
  kserve-model-registry catalog register lab lab/tiny-chat 1`;

/** What the server takes. */
interface ServerFlags {
  readonly listen?: string;
  readonly catalogsPath: readonly string[];
  readonly performanceMetrics: readonly string[];
  readonly corsAllowedOrigins?: string;
}

/** Adds `catalog`: the server of the catalog, and the commands that ask one. */
export function addCatalog(program: Command, io: CliIo): void {
  const command = program
    .command("catalog")
    .description("find models to start from and register them; without a subcommand, serve the catalog")
    .option("-l, --listen <address>", "host and port to listen on, such as 0.0.0.0:8080")
    .option("--catalogs-path <path>", "a sources.yaml; may be repeated (default: sources.yaml)", collect, [])
    .option("--performance-metrics <directory>", "a directory with benchmarks; may be repeated", collect, [])
    .option("--cors-allowed-origins <origins>", "comma-separated origins whose pages may read the catalog")
    .helpCommand("help [command]", "print help for a command")
    .allowExcessArguments()
    .addHelpText("after", help)
    .action((flags: ServerFlags, { args }: Command) => {
      if (args.length > 0) throw usageFailure(`unknown command ${args[0]}; --help lists the commands`);
      const env = environmentOf(flags, io.env);
      return runUntilInterrupted(
        { ...io, env },
        async () => (await import("../../../compose/service.ts")).startService,
      );
    });
  addListCatalog(command, io);
  addSearchCatalog(command, io);
  addGetCatalogModel(command, io);
  addCatalogSources(command, io);
  addPreviewSource(command, io);
  addRegisterFromCatalog(command, io);
}

/** The environment of the server that some flags stand for. A flag goes before a variable. */
function environmentOf(flags: ServerFlags, env: Env): Env {
  const given: Record<string, string | undefined> = { ...env };
  if (flags.listen !== undefined) {
    const [, host, port] = /^(.*):(\d{1,5})$/.exec(flags.listen) ?? [];
    if (port === undefined)
      throw usageFailure(`--listen ${flags.listen}: expected host and port, such as 0.0.0.0:8080`);
    if (host !== "") given.HOST = host!.replace(/^\[(.*)\]$/, "$1");
    given.PORT = port;
  }
  const paths = [...flags.catalogsPath, ...flags.performanceMetrics];
  const odd = paths.find((path) => path.includes(","));
  if (odd !== undefined) throw usageFailure(`${odd}: a path with a comma cannot be used`);
  if (flags.catalogsPath.length > 0) given.CATALOG_SOURCES = flags.catalogsPath.join(",");
  else if (!given.CATALOG_SOURCES) given.CATALOG_SOURCES = "sources.yaml";
  if (flags.performanceMetrics.length > 0) given.CATALOG_PERFORMANCE_DIRS = flags.performanceMetrics.join(",");
  const origins = flags.corsAllowedOrigins ?? env.CATALOG_CORS_ALLOWED_ORIGINS;
  if (origins !== undefined) given.CORS_ALLOWED_ORIGINS = origins;
  // Known to the server that the flags are of; here replicas need no leader.
  for (const name of ["CATALOG_CORS_ALLOWED_ORIGINS", "CATALOG_LEADER_LOCK_DURATION", "CATALOG_LEADER_HEARTBEAT"]) {
    delete given[name];
  }
  return given;
}
