import type { Command } from "commander";
import { ModelState, ModelType } from "../../../gen/kserve/registry/v1/model_pb.ts";
import {
  WatchEvent,
  type WatchModelsResponse,
  WatchModelsResponseSchema,
} from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { type CliIo, interruption } from "../cli-io.ts";
import {
  addClientOptions,
  type OutputForm,
  type RawClientOptions,
  readClientOptions,
} from "../client/client-options.ts";
import { followModels } from "../client/follow-models.ts";
import { addFilterOptions, filterFields, type RawFilter } from "../model-filter.ts";
import { jsonText, messageJson } from "../output/json.ts";
import { printable } from "../output/printable.ts";
import { formatRow } from "../output/table.ts";
import { wordOf } from "../output/words.ts";

const help = `
It prints the current models as ADDED, then SYNCED, then every change as it happens. If the server becomes unreachable
and returns, the watch resumes where it stopped. RESET means: discard every model, all current ones follow. Ctrl-C or
SIGTERM stops it with exit status 0. A server that is unreachable at the start is an error.

Examples:
  kserve-model-registry watch
  kserve-model-registry watch --type anomaly
  kserve-model-registry watch -o json | jq -r 'select(.model) | .event + " " + .model.name'

The JSON output is one WatchModelsResponse per line.`;

/** Adds `watch`: the models, and every change of them. */
export function addWatch(program: Command, io: CliIo, outputClosed: AbortSignal): void {
  const command = program.command("watch").description("print the current models, then every change");
  addClientOptions(addFilterOptions(command), "how long the first response on each connection may take")
    .addHelpText("after", help)
    .action(async (raw: RawClientOptions & RawFilter) => {
      const options = readClientOptions(raw, io.env);
      const signal = AbortSignal.any([interruption(io), outputClosed]);
      const events = followModels({
        client: options,
        filter: filterFields(raw),
        signal,
        onLost: (words, delayMs) => io.stderr.write(`${words}. Watching again in ${(delayMs / 1000).toFixed(1)}s.\n`),
        onBack: () => io.stderr.write(`The server at ${options.address} is back.\n`),
      });
      let headed = options.output === "json";
      for await (const event of events) {
        if (!headed) io.stdout.write(formatRow(header, widths));
        headed = true;
        io.stdout.write(eventText(event, options.output));
      }
    });
}

function eventText(event: WatchModelsResponse, form: OutputForm): string {
  return form === "json"
    ? jsonText(messageJson(WatchModelsResponseSchema, event), "line")
    : formatRow(eventCells(event), widths);
}

const header = ["TIME", "EVENT", "NAME", "TYPE", "STATE", "DETAIL"];

/** Events are not known ahead, so the columns have the width that nearly all of them need. */
const widths = [20, 7, 28, 14, 11, 0];

function eventCells({ event, model, changedFields }: WatchModelsResponse): string[] {
  const time = new Date().toISOString().replace(/\.\d+/, "");
  const word = wordOf(WatchEvent, event).toUpperCase();
  if (model === undefined) return [time, word, eventWords[event] ?? ""];
  return [
    time,
    word,
    printable(model.name),
    wordOf(ModelType, model.type) || "-",
    wordOf(ModelState, model.state) || "-",
    [changedFields.join(", "), printable(model.stateReason)].filter((part) => part !== "").join(": "),
  ];
}

const eventWords: Readonly<Record<number, string>> = {
  [WatchEvent.SYNCED]: "all current models are listed; changes follow",
  [WatchEvent.RESET]: "discard every model; all current ones follow",
};
