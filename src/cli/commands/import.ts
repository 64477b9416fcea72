import type { Command } from "commander";
import type { ImportProgress, ImportReport } from "../../compose/transfer.ts";
import { type CliIo, interruption } from "../cli-io.ts";
import { readAddress } from "../client/address.ts";
import { addConnectionOptions, type RawConnectionOptions, readConnectionOptions } from "../client/client-options.ts";
import { readTokenFile } from "../client/token-file.ts";
import { Failure, usageFailure } from "../failure.ts";
import { printable } from "../output/printable.ts";
import { formatTable } from "../output/table.ts";
import { createTicker, kindWord, transferFailure } from "../transfer.ts";

const help = `
It copies models, versions, artifacts, serving environments, inference services and aliases, with their IDs and
timestamps, into the database of DATABASE_URL. The source is a registry with Kubeflow's REST API (v1 or v1alpha3), which
is only read, or a file written by export.

After an interruption, run it again: it continues and writes nothing twice. At the end it reads the source once more and
compares; if there are differences, it lists them and exits with 1. Records that were changed here since, and different
records with the same IDs, are kept; --replace overwrites them. Nothing is deleted.

Examples:
  export DATABASE_URL=postgres://registry@db/registry DATABASE_PASSWORD_FILE=/run/secrets/password
  kserve-model-registry import --from http://model-registry-service.kubeflow:8080
  kserve-model-registry import --from http://model-registry-service.kubeflow:8080 --check
  kserve-model-registry import --from https://registry.example --token-file token --ca-file ca.pem
  kserve-model-registry import --from versions.jsonl`;

interface RawImport extends RawConnectionOptions {
  readonly from: string;
  readonly check?: true;
  readonly replace?: true;
  readonly output: "table" | "json";
}

/** Adds `import --from URL|FILE`: copies another registry into the database. */
export function addImport(program: Command, io: CliIo): void {
  const command = program
    .command("import")
    .description("copy the records of another registry of versions into the database, with their IDs and timestamps")
    .requiredOption("--from <url|file>", "the address of the other registry, or a file written by export")
    .option("--check", "only compare, write nothing")
    .option("--replace", "overwrite records that were changed here since, and different records with the same IDs");
  addConnectionOptions(command, "how long one request may take")
    .addHelpText("after", help)
    .action(async (raw: RawImport) => {
      const from = sourceOf(raw);
      // Only here: most commands do without databases.
      const { importVersions } = await import("../../compose/transfer.ts");
      const signal = interruption(io);
      const tick = createTicker(io.stderr);
      const report = await importVersions(io.env, from, {
        writes: raw.check !== true,
        replaces: raw.replace === true,
        progress: (progress) => tick(() => progressWords(progress, raw.check === true)),
        signal,
      }).catch((error: unknown) => {
        throw transferFailure(error, signal, "what was written is kept; run the same command again to continue");
      });
      writeReport(io, report, raw);
    });
}

function sourceOf(raw: RawImport) {
  if (raw.from === "" || raw.from === "-") {
    throw usageFailure("--from: expected an address or the path of a file, which is read more than once");
  }
  // What looks like an address is read as one, so that none with a password is shown as a path that is not there.
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(raw.from)) return { file: raw.from };
  // The token that the environment may name is for another server.
  const { ca, tokenFile, timeoutMs } = readConnectionOptions(raw, {});
  const token = () => (tokenFile === undefined ? undefined : readTokenFile(tokenFile));
  return { address: readAddress(raw.from, "--from"), ca, token, timeoutMs };
}

function progressWords({ round, read, written }: ImportProgress, isCheck: boolean): string {
  if (isCheck) return `${number(read)} records compared so far`;
  const compares = round > 1 ? ", now comparing" : "";
  return `${number(read)} records read, ${number(written)} written so far${compares}`;
}

function writeReport(io: CliIo, report: ImportReport, raw: RawImport): void {
  const { kinds, problems, differing, isEqual } = report;
  if (raw.output === "json") {
    io.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  } else {
    const rows = Object.entries(kinds).map(([kind, { read, written, equal, here }]) => [
      kindWord(kind),
      ...[read, written, equal, here].map(String),
    ]);
    io.stdout.write(formatTable(["KIND", "READ", "WRITTEN", "EQUAL", "HERE"], rows));
    for (const { record, problem } of problems) io.stdout.write(`${printable(`${record}: ${problem}`)}\n`);
    if (differing > problems.length) io.stdout.write(`and ${number(differing - problems.length)} more\n`);
  }
  if (isEqual) return;
  if (differing === 0) {
    throw new Failure("the source changed while it was being copied; run the same command again to catch up");
  }
  throw new Failure(`${number(differing)} ${differing === 1 ? "record differs" : "records differ"} from the source`);
}

function number(value: number): string {
  return value.toLocaleString("en");
}
