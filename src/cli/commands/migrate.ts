import { readFileSync, statSync } from "node:fs";
import { type Command, Option } from "commander";
import { isDnsLabel } from "../../base/field-reader.ts";
import { migrateModelsFile } from "../../documents/migrate-models-file.ts";
import { type FileForm, fileForms } from "../../documents/models-file.ts";
import { type ModelType, modelTypes } from "../../registry/model.ts";
import type { CliIo } from "../cli-io.ts";
import { collect } from "../collect.ts";
import { Failure, usageFailure } from "../failure.ts";
import { writeNewFile } from "../new-file.ts";
import { printable } from "../output/printable.ts";
import { count } from "../output/words.ts";
import { readFile } from "../read-file.ts";

const help = `
SOURCE is a file that defines models in any format (Helm values, a ConfigMap or ModelRegistration manifest, a
models.yaml, a list, an env file), - for standard input, or env for this process's environment variables.

FORM is one of
  values               Helm values: coordinationEngine.kserve.models. In values with the older services: map, the map
                       becomes a list, and every other line is kept
  config-map           a ConfigMap manifest, which the service reloads without a restart
  model-registration   one ModelRegistration manifest per model
  models-file          a models.yaml, for KSERVE_MODELS_FILE
  env                  KSERVE_MODEL_REGISTRY and related variables, for an env file
  list                 only the JSON list of KSERVE_MODEL_REGISTRY

Comments are kept if the format allows them. Migrating again changes nothing.

Examples:
  kserve-model-registry migrate values-hub.yaml --to values --write
  kserve-model-registry migrate values-hub.yaml --to values --check
  kserve-model-registry migrate env --to config-map -n self-healing-platform | kubectl apply -f -
  kserve-model-registry migrate models.yaml --to model-registration --file registrations.yaml

Exit status: 0 success, 1 the source has errors or --check found a difference, 2 usage error.`;

interface RawMigrateOptions {
  readonly to: FileForm;
  readonly file?: string;
  readonly write?: true;
  readonly check?: true;
  readonly namespace?: string;
  readonly name: string;
  readonly type: readonly string[];
}

/** Adds `migrate SOURCE --to FORM`: brings models from one form into another. */
export function addMigrate(program: Command, io: CliIo): void {
  program
    .command("migrate")
    .description("convert models from one file format to another")
    .argument("<source>", "a file, - for standard input, or env for this process's environment variables")
    .addOption(new Option("--to <form>", "the format to write").choices(fileForms).makeOptionMandatory())
    .option("-f, --file <file>", "write to this file instead of standard output")
    .option("--write", "write back to the source file")
    .option("--check", "write nothing; fail if the file would change")
    .option("-n, --namespace <name>", "the namespace of models that have none, if the source does not set one")
    .option("--name <name>", "the name of the ConfigMap", "kserve-model-registry")
    .option("--type <model=type>", "the type of a model whose source format has none; may be repeated", collect, [])
    .addHelpText("after", help)
    .action(async (source: string, options: RawMigrateOptions) => {
      const { write, check, namespace } = options;
      if (namespace !== undefined && !isDnsLabel(namespace))
        throw usageFailure(`--namespace ${namespace}: expected a DNS label`);
      if (write && (source === "env" || source === "-")) throw usageFailure("--write needs a file as the source");
      if (write && options.file !== undefined) throw usageFailure("--write and --file cannot be combined");
      if (options.file === "") throw usageFailure("--file is empty; expected the path of a file");
      if (!options.name.split(".").every(isDnsLabel)) {
        throw usageFailure(`--name ${options.name}: expected DNS labels, with dots between them`);
      }
      const text = source === "env" ? environmentText(io) : await readFile(source, io.stdin);
      const migration = migrateModelsFile(text, options.to, {
        configMapName: options.name,
        types: readTypes(options.type),
        ...(namespace === undefined ? {} : { namespace }),
      });
      if ("problems" in migration) {
        const lines = migration.problems.map(({ position: { line, column }, message }) => {
          return `${source === "env" ? "env" : `${printable(source)}:${line}:${column}`}: ${printable(message)}`;
        });
        throw new Failure(`nothing was written:\n${lines.join("\n")}`);
      }
      const target = options.file ?? (write ? source : undefined);
      if (check) {
        const compared = options.file ?? source;
        if (compared === "env" || compared === "-") throw usageFailure("--check needs a file: the source, or --file");
        if (contentOf(compared) === migration.text) return;
        throw new Failure(`${compared} would change; \`migrate ${source} --to ${options.to}\` shows how`);
      }
      if (target === undefined) {
        io.stdout.write(migration.text);
        return;
      }
      if (contentOf(target) !== migration.text) await writeNewFile(target, migration.text);
      io.stderr.write(`${count(migration.models, "model")} in ${target}\n`);
    });
}

/** @throws Failure of wrong usage */
function readTypes(options: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    options.map((option) => {
      const [name = "", type = ""] = option.split("=", 2);
      if (isDnsLabel(name) && modelTypes.includes(type as ModelType)) return [name, type];
      throw usageFailure(`--type ${option}: expected NAME=TYPE with a type of ${modelTypes.join(", ")}`);
    }),
  );
}

/** The variables of this process that are about models, as an env file. */
function environmentText({ env }: CliIo): string {
  return Object.entries(env)
    .filter(([name, value]) => value !== undefined && /^(KSERVE_|ENABLE_KSERVE_INTEGRATION$)/.test(name))
    .map(([name, value]) => `${name}="${value!.replaceAll(/["\\$`]/g, "\\$&")}"\n`)
    .join("");
}

/** What a file has; undefined for anything else, such as a device, which may have no end. */
function contentOf(path: string): string | undefined {
  try {
    return statSync(path).isFile() ? readFileSync(path, "utf8") : undefined;
  } catch {
    return undefined;
  }
}
