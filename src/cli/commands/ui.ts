import type { Command } from "commander";
import type { CliIo } from "../cli-io.ts";
import { readRegistries } from "../read-registries.ts";
import { runUntilInterrupted } from "../run-until-interrupted.ts";

const help = `
It listens where PORT and HOST say, and takes the variables of serve about TLS, limits and logs. Calls go on to the registry
with the token that the browser or a proxy sends, and with no other identity. Of several registries each has its page below
its name, /NAME/ui/, and people choose among them; a token that is pasted for one is not sent to another.

Examples:
  PORT=8090 kserve-model-registry ui --registry http://kserve-model-registry.platform:8080
  kserve-model-registry ui --registry production=https://registry.example staging=https://staging.example`;

/** Adds `ui`: the page alone, before registries elsewhere. */
export function addUi(program: Command, io: CliIo): void {
  program
    .command("ui")
    .description("serve the page for people alone, before registries elsewhere; `serve` has it with it")
    .requiredOption("--registry <address...>", "the address of a registry, or NAME=address of each of several")
    .addHelpText("after", help)
    .action(({ registry }: { registry: string[] }) => {
      const registries = readRegistries(registry);
      return runUntilInterrupted(io, async () => {
        const { startPageService } = await import("../../compose/page-service.ts");
        return (env) => startPageService(registries, env);
      });
    });
}
