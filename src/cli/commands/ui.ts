import type { Command } from "commander";
import type { CliIo } from "../cli-io.ts";
import { readAddress } from "../client/address.ts";
import { runUntilInterrupted } from "../run-until-interrupted.ts";

const help = `
It listens where PORT and HOST say, and takes the variables of serve about TLS, limits and logs. Calls go on to the registry
with the token that the browser or a proxy sends, and with no other identity.

Example:
  PORT=8090 kserve-model-registry ui --registry http://kserve-model-registry.platform:8080`;

/** Adds `ui`: the page alone, before a registry elsewhere. */
export function addUi(program: Command, io: CliIo): void {
  program
    .command("ui")
    .description("serve the page for people alone, before a registry elsewhere; `serve` has it with it")
    .requiredOption("--registry <address>", "the address of the registry")
    .addHelpText("after", help)
    .action(({ registry }: { registry: string }) => {
      const address = new URL(readAddress(registry, "--registry"));
      return runUntilInterrupted(io, async () => {
        const { startPageService } = await import("../../compose/page-service.ts");
        return (env) => startPageService(address, env);
      });
    });
}
