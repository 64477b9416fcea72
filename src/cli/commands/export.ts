import { once } from "node:events";
import { createWriteStream, rmSync } from "node:fs";
import { rename } from "node:fs/promises";
import { finished } from "node:stream/promises";
import type { Command } from "commander";
import type { ExportCounts } from "../../compose/transfer.ts";
import { type CliIo, interruption } from "../cli-io.ts";
import { addClientOptions, type RawClientOptions, readClientOptions } from "../client/client-options.ts";
import { readTokenFile } from "../client/token-file.ts";
import { usageFailure } from "../failure.ts";
import { formatTable } from "../output/table.ts";
import { createTicker, kindWord, transferFailure } from "../transfer.ts";

const help = `
It reads the REST API (v1 or v1alpha3) of this server or Kubeflow's, and writes JSON lines: one record per line, as
returned by the API, with its ID and timestamps, for \`import\` to read. Model files are not copied.

Without --file, records go to standard output and progress to standard error. The file appears only when it is complete.

Examples:
  kserve-model-registry export --file versions.jsonl
  kserve-model-registry export | gzip > versions.jsonl.gz
  kserve-model-registry export --address http://model-registry-service.kubeflow:8080 --file kubeflow.jsonl`;

/** Adds `export`: writes all records of a registry as JSON lines. */
export function addExport(program: Command, io: CliIo): void {
  const command = program
    .command("export")
    .description("write all records of a registry of versions as JSON lines")
    .option("-f, --file <file>", "write to this file instead of standard output");
  addClientOptions(command, "how long one request may take")
    .addHelpText("after", help)
    .action(async (raw: RawClientOptions & { readonly file?: string }) => {
      const { address, ca, tokenFile, timeoutMs, output } = readClientOptions(raw, io.env);
      const token = () => (tokenFile === undefined ? undefined : readTokenFile(tokenFile));
      const { exportVersions } = await import("../../compose/transfer.ts");
      const signal = interruption(io);
      const tick = createTicker(io.stderr);
      const progress = (records: number) => tick(() => `${records.toLocaleString("en")} records so far`);
      const from = { address, ca, token, timeoutMs };
      const failure = (error: unknown) => transferFailure(error, signal, "the file was removed");
      if (raw.file === undefined) {
        try {
          const counts = await exportVersions(from, (text) => writeTo(io.stdout, text), progress, signal);
          return void io.stderr.write(countsText(counts, output));
        } catch (error) {
          throw failure(error);
        }
      }
      const file = await openPartial(raw.file);
      try {
        const counts = await exportVersions(from, (text) => writeTo(file, text), progress, signal);
        file.end();
        await finished(file);
        await rename(file.path, raw.file);
        io.stdout.write(countsText(counts, output));
      } catch (error) {
        file.destroy();
        rmSync(file.path, { force: true });
        throw failure(error);
      }
    });
}

async function openPartial(path: string) {
  const file = createWriteStream(`${path}.partial`);
  try {
    await once(file, "open");
  } catch (error) {
    throw usageFailure(`--file ${path} cannot be written: ${(error as Error).message}`);
  }
  return file as typeof file & { readonly path: string };
}

async function writeTo(stream: NodeJS.WritableStream, text: string): Promise<void> {
  if (!stream.write(text)) await once(stream, "drain");
}

function countsText(counts: ExportCounts, output: "table" | "json"): string {
  if (output === "json") return `${JSON.stringify(counts)}\n`;
  const rows = Object.entries(counts).map(([kind, records]) => [kindWord(kind), String(records)]);
  return formatTable(["KIND", "RECORDS"], rows);
}
