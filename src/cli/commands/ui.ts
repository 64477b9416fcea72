import type { Command } from "commander";
import type { RegistryBehind } from "../../compose/page-places.ts";
import type { CliIo } from "../cli-io.ts";
import { readAddress } from "../client/address.ts";
import { usageFailure } from "../failure.ts";
import { runUntilInterrupted } from "../run-until-interrupted.ts";

const help = `
It listens on PORT and HOST, and uses the variables of serve for TLS, limits and logs. Calls are forwarded to the
registry with the token sent by the browser or a proxy, and with no other identity. With several registries, each has
its UI at /NAME/ui/, and users choose between them; a token entered for one is not sent to another.

Examples:
  PORT=8090 kserve-model-registry ui --registry http://kserve-model-registry.platform:8080
  kserve-model-registry ui --registry production=https://registry.example staging=https://staging.example`;

/** Adds `ui`: the page alone, before registries elsewhere. */
export function addUi(program: Command, io: CliIo): void {
  program
    .command("ui")
    .description("serve only the web UI, for registries that run elsewhere; `serve` includes it")
    .requiredOption("--registry <address...>", "the address of a registry, or NAME=address for each of several")
    .addHelpText("after", help)
    .action(({ registry }: { registry: string[] }) => {
      const registries = readRegistries(registry);
      return runUntilInterrupted(io, async () => {
        const { startPageService } = await import("../../compose/page-service.ts");
        return (env) => startPageService(registries, env);
      });
    });
}

/** What the server answers at itself. */
const taken: readonly string[] = ["ui", "livez", "readyz", "metrics"];
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Reads `--registry`: addresses, each with a name before it (`production=https://registry.example`) or named after the
 * first part of its host; several with commas between them.
 *
 * @throws Failure of wrong usage
 */
export function readRegistries(texts: readonly string[]): readonly RegistryBehind[] {
  const registries = texts
    .flatMap((text) => text.split(","))
    .map((text) => {
      const [, given, rest = text] = /^([^=:/]*)=(.*)$/.exec(text.trim()) ?? [];
      const address = new URL(readAddress(rest.trim(), "--registry"));
      return { name: given ?? nameOf(address), address };
    });
  for (const [i, { name }] of registries.entries()) {
    if (!label.test(name)) {
      throw usageFailure(`--registry ${name}=…: expected a name of lower-case letters, digits and dashes`);
    }
    if (taken.includes(name)) throw usageFailure(`--registry ${name}=…: the name is reserved; choose another one`);
    if (registries.findIndex((one) => one.name === name) !== i) {
      throw usageFailure(
        `--registry: two are named ${name}; give each a unique name: NAME=${registries[i]!.address.origin}`,
      );
    }
  }
  return registries;
}

/** `kserve-model-registry` of `http://kserve-model-registry.platform:8080`; an address in numbers has no such part. */
function nameOf({ hostname, port }: URL): string {
  const [first = ""] = hostname.split(".");
  return label.test(first) && !/^\d+$/.test(first) ? first : `registry${port === "" ? "" : `-${port}`}`;
}
