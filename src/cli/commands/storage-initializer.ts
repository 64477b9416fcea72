import type { Command } from "commander";
import { ConfigError } from "../../config/config.ts";
import { type CliIo, interruption } from "../cli-io.ts";
import { Failure, usageFailure } from "../failure.ts";
import { printable } from "../output/printable.ts";

const help = `
KServe runs it before a model server, with one or more pairs of a source and a destination; see options/csi in the
manifests. A source is
  model-registry://[host[:port]/]model[/version | @alias][?namespace=ns]
with percent-encoded names; without a version or alias, the newest live version that has a model artifact is used. Any
other source, such as s3://models/disk, is downloaded directly. KServe's Python package, kserve-storage, does the
download and reads credentials as usual in KServe. Either all files appear in their destinations, or none.

Variables (see docs/CONFIGURATION.md for all of them):
  MODEL_REGISTRY_BASE_URL        the registry to use, host:port
  MODEL_REGISTRY_NAMESPACE       the namespace of the registry's Service, if MODEL_REGISTRY_BASE_URL is unset
  MODEL_REGISTRY_TOKEN_FILE      a file with the token for it
  MODEL_REGISTRY_ALLOWED_HOSTS   registries outside the cluster that a source may name
  ALLOWED_ARTIFACT_URI_PREFIXES  where files may come from, such as s3://models/

Example:
  kserve-model-registry storage-initializer model-registry://disk-failure-predictor/2.1.0 /mnt/models`;

/** Adds `storage-initializer SRC DEST ...`. */
export function addStorageInitializer(program: Command, io: CliIo): void {
  program
    .command("storage-initializer")
    .description(
      "download the files of a registered version for a model server; KServe runs it before the server starts",
    )
    .argument("<src-dest...>", "pairs of a source and a destination directory")
    .addHelpText("after", help)
    .action(async (args: readonly string[]) => {
      if (args.length % 2 !== 0) throw usageFailure("expected pairs of a source and a destination directory");
      const pairs = Array.from({ length: args.length / 2 }, (_, i) => {
        return { source: args[2 * i]!, destination: args[2 * i + 1]! };
      });
      // Only here: other commands do without.
      const { runStorageInitializer, StorageError } = await import("../../compose/storage-initializer.ts");
      const signal = interruption(io);
      const log = (line: string): void => void io.stdout.write(`${printable(line)}\n`);
      await runStorageInitializer(io.env, pairs, log, signal).catch((error: unknown) => {
        if (signal.aborted) throw new Failure("interrupted; nothing was written");
        if (error instanceof StorageError) throw new Failure(oneLine(error.message));
        // KServe shows the last line alone.
        if (error instanceof ConfigError) throw new Failure(oneLine(error.problems.join("; ")), 2);
        throw new Failure(oneLine(error instanceof Error ? error.message : String(error)));
      });
    });
}

function oneLine(message: string): string {
  return printable(message.replaceAll(/\s*\n\s*/g, "; "));
}
