import type { Command } from "commander";
import type { Env } from "../../config/config.ts";
import type { CliIo } from "../cli-io.ts";
import { usageFailure } from "../failure.ts";
import { runUntilInterrupted } from "../run-until-interrupted.ts";

const help = `
The flags match those of Kubeflow's registry server, so that its manifests work with this program. Each can also be set
as an environment variable, such as MR_EMBEDMD_DATABASE_DSN for --embedmd-database-dsn, or with the variables of serve:
DATABASE_URL, PORT, HOST.

Example:
  kserve-model-registry proxy --hostname=0.0.0.0 --port=8080 --datastore-type=embedmd \\
    --embedmd-database-type=postgres --embedmd-database-dsn='host=db user=mr password=... dbname=mr'`;

/** The flags that say where the database is, by their names without dashes in front. */
const databaseFlags: readonly (readonly [flag: string, value: string, meaning: string])[] = [
  ["embedmd-database-type", "<type>", "mysql or postgres"],
  ["embedmd-database-dsn", "<dsn>", "the address of the database"],
  ["embedmd-database-ssl-cert", "<path>", "the client certificate for the database"],
  ["embedmd-database-ssl-key", "<path>", "its private key"],
  ["embedmd-database-ssl-root-cert", "<path>", "the CA certificates for the database's certificate"],
  ["embedmd-database-ssl-ca", "<path>", "the same, for MySQL"],
  ["embedmd-database-ssl-verify-server-cert", "[flag]", "whether to verify the database's certificate"],
  ["alpha-sunset-date", "<date>", "the date from which v1alpha3 returns 410, such as 2027-04-29"],
];

/** Adds `proxy`: the server, with the flags of Kubeflow's. */
export function addProxy(program: Command, io: CliIo): void {
  const command = program
    .command("proxy")
    .description("run the server with the flags of Kubeflow's model registry")
    .option("-n, --hostname <host>", "the address to listen on")
    .option("-p, --port <port>", "the port to listen on")
    .option("--datastore-type <type>", "embedmd, the only supported type")
    .option("--embedmd-database-ssl-cipher <ciphers>", "ignored: Node.js sets the ciphers");
  for (const [flag, value, meaning] of databaseFlags) command.option(`--${flag} ${value}`, meaning);
  command.addHelpText("after", help).action((flags: Readonly<Record<string, string | true | undefined>>) => {
    const env = environmentOf(flags, io.env);
    return runUntilInterrupted({ ...io, env }, async () => (await import("../../compose/service.ts")).startService);
  });
}

/** The environment of the server that some flags stand for. A flag goes before a variable. */
function environmentOf(flags: Readonly<Record<string, string | true | undefined>>, env: Env): Env {
  const type = flags.datastoreType ?? env.MR_DATASTORE_TYPE;
  if (type !== undefined && type !== "embedmd") throw usageFailure(`--datastore-type ${type}: expected embedmd`);
  const given: Record<string, string | undefined> = { ...env };
  const set = (name: string, flag: string | true | undefined): void => {
    if (flag !== undefined) given[name] = flag === true ? "true" : flag;
  };
  set("HOST", flags.hostname ?? env.MR_HOSTNAME);
  set("PORT", flags.port ?? (/^\d+$/.test(env.MR_PORT ?? "") ? env.MR_PORT : undefined));
  for (const [flag] of databaseFlags) {
    const key = flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    set(`MR_${flag.toUpperCase().replaceAll("-", "_")}`, flags[key]);
  }
  // Its clients expect nothing there.
  given.UI ??= "off";
  const isNamed = ["DATABASE_URL", "MR_EMBEDMD_DATABASE_DSN", "MR_DATABASE_HOST"].some((name) => given[name]);
  if (!isNamed) {
    throw usageFailure("no database: give --embedmd-database-dsn, or set MR_DATABASE_HOST or DATABASE_URL");
  }
  return given;
}
