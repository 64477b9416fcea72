import { type Command, Help } from "commander";
import { ConfigError, legacyVariables, variableGroups } from "../config.ts";
import type { Service } from "../service.ts";
import { type CliIo, interruption } from "./cli-io.ts";
import { Failure } from "./failure.ts";

/** Adds `serve`: the server, until SIGTERM or SIGINT. */
export function addServe(program: Command, io: CliIo): void {
  program
    .command("serve")
    .description("run the server; it is configured by environment variables")
    .addHelpText("after", ({ command }) => `\n${variablesHelp(command)}\n${examples}`)
    .action(() => serve(io));
}

const examples = `
Example:
  KSERVE_MODEL_REGISTRY='[{"name": "anomaly-detector", "service": "anomaly-detector-predictor", "type": "anomaly"}]' \\
    kserve-model-registry serve

SIGTERM and SIGINT end it: it stops accepting, finishes the calls under way, and exits with status 0.`;

async function serve(io: CliIo): Promise<void> {
  // Before the start: a signal that comes while it starts must not be lost.
  const interrupted = interruption(io);
  let service: Service;
  try {
    // Only here: the other commands start in half the time without all that the server needs.
    const { startService } = await import("../service.ts");
    service = await startService(io.env);
  } catch (error) {
    throw new Failure(startFailure(error));
  }
  if (!interrupted.aborted) {
    await new Promise<void>((resolve) => interrupted.addEventListener("abort", () => resolve(), { once: true }));
  }
  await service.stop();
}

function startFailure(error: unknown): string {
  if (error instanceof ConfigError) return `kserve-model-registry cannot start. ${error.message}`;
  const { code, port, message } = error as { code?: string; port?: number; message: string };
  if (code === "EADDRINUSE")
    return `kserve-model-registry cannot start: port ${port} is in use; set PORT to another one`;
  return `kserve-model-registry cannot start: ${message}`;
}

/** Every variable with its meaning, from the table that the parser reads. */
function variablesHelp(command: Command): string {
  const help = Object.assign(new Help(), command.configureHelp());
  help.prepareContext({ helpWidth: command.configureOutput().getOutHelpWidth?.() ?? 80 });
  const item = (name: string, meaning: string): string => help.formatItem(name, termWidth, plain(meaning), help);
  return variableGroups
    .flatMap(({ title, variables }) => [
      `${title}, by environment variables:`,
      ...Object.values(variables).map((variable) =>
        item(variable.name, `${variable.meaning}${!variable.default ? "" : ` Default: ${variable.default}`}`),
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
