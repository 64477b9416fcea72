import { type Command, Help } from "commander";
import { legacyVariables, variableGroups } from "../../config/config.ts";
import type { CliIo } from "../cli-io.ts";
import { runUntilInterrupted } from "../run-until-interrupted.ts";

/** Adds `serve`: the server, until SIGTERM or SIGINT. */
export function addServe(program: Command, io: CliIo): void {
  program
    .command("serve")
    .description("run the server, configured by environment variables")
    .addHelpText("after", ({ command }) => `\n${variablesHelp(command)}\n${examples}`)
    .action(() =>
      // Only here: the other commands start in half the time without all that the server needs.
      runUntilInterrupted(io, async () => (await import("../../compose/service.ts")).startService),
    );
}

const examples = `
Example:
  KSERVE_MODEL_REGISTRY='[{"name": "anomaly-detector", "service": "anomaly-detector-predictor", "type": "anomaly"}]' \\
    kserve-model-registry serve

On SIGTERM and SIGINT it stops accepting calls, finishes those in flight, and exits with status 0. After SIGTERM it
first keeps serving for SHUTDOWN_DELAY while reporting that it is not ready.`;

/** Every variable with its meaning, from the table that the parser reads. */
function variablesHelp(command: Command): string {
  const help = Object.assign(new Help(), command.configureHelp());
  help.prepareContext({ helpWidth: command.configureOutput().getOutHelpWidth?.() ?? 80 });
  const item = (name: string, meaning: string): string => help.formatItem(name, termWidth, plain(meaning), help);
  return variableGroups
    .flatMap(({ title, variables }) => [
      `${title} (environment variables):`,
      ...Object.values(variables).map(({ name, meaning, default: value }) =>
        // Long lists may break behind a comma.
        item(name, `${meaning}${!value ? "" : ` Default: ${value.replaceAll(/,(?=\S)/g, ", ")}`}`),
      ),
      ...(title === "Models" ? legacyVariables.map(({ name, meaning }) => item(name, meaning)) : []),
      "",
    ])
    .join("\n")
    .trimEnd();
}

const termWidth = 28;

/** The meanings are written for a page that knows backticks. */
function plain(markdown: string): string {
  return markdown.replaceAll("`", "");
}
