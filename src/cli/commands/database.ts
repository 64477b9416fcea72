import { type Command, Option } from "commander";
import type { DatabaseCommands } from "../../compose/database-commands.ts";
import type { CliIo } from "../cli-io.ts";
import { Failure } from "../failure.ts";
import { printable } from "../output/printable.ts";
import { formatTable } from "../output/table.ts";

const help = `
Examples:
  DATABASE_URL=sqlite:versions.db kserve-model-registry database status
  DATABASE_URL=postgres://mr@db/mr DATABASE_PASSWORD_FILE=/run/secrets/password kserve-model-registry database migrate

These commands connect to the database directly, with the variables of serve, and need no running server. \`status\` exits
with 1 if this program cannot work with the database, \`check\` if records are inconsistent.`;

/** Between two lines of progress. */
const progressRecords = 10_000;

interface Raw {
  readonly output: "table" | "json";
}

type Status = Awaited<ReturnType<DatabaseCommands["status"]>>;

/** Adds `database status | migrate | check`: the database of the registry of versions. */
export function addDatabase(program: Command, io: CliIo): void {
  const parent = program
    .command("database")
    .description("inspect the database of the registry of versions, check its records, and migrate its schema")
    .helpCommand("help [command]", "print help for a command")
    .addHelpText("after", help);
  const add = (
    name: string,
    description: string,
    run: (commands: DatabaseCommands, raw: Raw) => Promise<void>,
  ): void => {
    parent
      .command(name)
      .description(description)
      .addOption(
        new Option("-o, --output <form>", "how to write the result").choices(["table", "json"]).default("table"),
      )
      .action(async (raw: Raw) => {
        const { databaseCommands } = await import("../../compose/database-commands.ts");
        await run(databaseCommands(io.env), raw);
      });
  };
  add("status", "show whether the database can be used, and which schema it has", async (commands, raw) => {
    writeStatus(io, await commands.status(), raw);
  });
  add("migrate", "migrate the schema, as the server does on every start", async (commands, raw) => {
    writeStatus(io, await commands.migrate((message) => io.stderr.write(`${printable(message)}\n`)), raw);
  });
  add("check", "read every record and report inconsistencies", async (commands, raw) => {
    let shown = 0;
    const { records, findings } = await commands.check((read) => {
      if (read - shown < progressRecords) return;
      shown = read;
      io.stderr.write(`${read} records so far\n`);
    });
    if (raw.output === "json") {
      io.stdout.write(`${JSON.stringify({ records, findings }, null, 2)}\n`);
    } else {
      io.stdout.write(`${records} records\n`);
      for (const finding of findings) io.stdout.write(`${printable(JSON.stringify(finding))}\n`);
    }
    if (findings.length > 0) throw new Failure(`${findings.length} records are inconsistent`);
  });
}

function writeStatus(io: CliIo, status: Status, { output }: Raw): void {
  const { database, schema, problem } = status;
  io.stdout.write(
    output === "json"
      ? `${JSON.stringify(status, null, 2)}\n`
      : formatTable(
          ["DATABASE", "VERSION", "SCHEMA", "KNOWN", "UNFINISHED"],
          [
            [
              database.kind,
              database.version,
              String(schema.applied),
              String(schema.known),
              String(schema.unfinished ?? ""),
            ],
          ],
        ),
  );
  if (problem !== undefined) throw new Failure(problem);
}
