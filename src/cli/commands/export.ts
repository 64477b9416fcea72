import type { Command } from "commander";
import type { ExportCounts } from "../../compose/transfer.ts";
import { type CliIo, interruption } from "../cli-io.ts";
import { addClientOptions, type RawClientOptions, readClientOptions } from "../client/client-options.ts";
import { readTokenFile } from "../client/token-file.ts";
import { usageFailure } from "../failure.ts";
import { createNewFile } from "../new-file.ts";
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
      if (raw.file === "") throw usageFailure("--file is empty; expected the path of a file");
      const { address, ca, tokenFile, timeoutMs, output } = readClientOptions(raw, io.env);
      const token = () => (tokenFile === undefined ? undefined : readTokenFile(tokenFile));
      const { exportVersions } = await import("../../compose/transfer.ts");
      const signal = interruption(io);
      const tick = createTicker(io.stderr);
      const progress = (records: number) => tick(() => `${records.toLocaleString("en")} records so far`);
      const from = { address, ca, token, timeoutMs };
      if (raw.file === undefined) {
        try {
          const counts = await exportVersions(from, (text) => writeOut(io.stdout, text), progress, signal);
          return void io.stderr.write(countsText(counts, output));
        } catch (error) {
          // Whoever watches the output knows whether that is a failure.
          if (error === outputEnded) return;
          throw transferFailure(error, signal, "what was written is not complete");
        }
      }
      const file = await createNewFile(raw.file);
      try {
        const counts = await exportVersions(from, (text) => file.write(text), progress, signal);
        await file.complete();
        io.stdout.write(countsText(counts, output));
      } catch (error) {
        await file.discard();
        throw transferFailure(error, signal, `${raw.file} was not written`);
      }
    });
}

/** Nothing more can be written to standard output. */
const outputEnded = new Error("the output has ended");

async function writeOut(stream: NodeJS.WritableStream, text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(outputEnded) : resolve()));
  });
}

function countsText(counts: ExportCounts, output: "table" | "json"): string {
  if (output === "json") return `${JSON.stringify(counts)}\n`;
  const rows = Object.entries(counts).map(([kind, records]) => [kindWord(kind), String(records)]);
  return formatTable(["KIND", "RECORDS"], rows);
}
