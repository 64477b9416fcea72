import { readFileSync, writeFileSync } from "node:fs";
import { type Command, Option } from "commander";
import { isDnsLabel } from "../../base/field-reader.ts";
import { migrateModelsFile } from "../../documents/migrate-models-file.ts";
import { type FileForm, fileForms } from "../../documents/models-file.ts";
import { type ModelType, modelTypes } from "../../registry/model.ts";
import type { CliIo } from "../cli-io.ts";
import { collect } from "../collect.ts";
import { Failure, usageFailure } from "../failure.ts";
import { printable } from "../output/printable.ts";
import { count } from "../output/words.ts";
import { readFile } from "../read-file.ts";

const help = `
SOURCE is a file with models in any form (Helm values, a ConfigMap or ModelRegistration manifests, a models.yaml, a
list, an env file), - for standard input, or env for the variables that this program runs with.

FORM is one of
  values               Helm values: coordinationEngine.kserve.models. In values that have the older services: map, the
                       map becomes a list, and every other line stays as it is
  config-map           the manifest of a ConfigMap, which the service follows without a restart
  model-registration   one manifest of a ModelRegistration for each model
  models-file          a models.yaml, for KSERVE_MODELS_FILE
  env                  KSERVE_MODEL_REGISTRY and what belongs to it, for an env file
  list                 the JSON list of KSERVE_MODEL_REGISTRY alone

Comments go along wherever the form can hold them. Migrating twice changes nothing more.

Examples:
  kserve-model-registry migrate values-hub.yaml --to values --write
  kserve-model-registry migrate values-hub.yaml --to values --check
  kserve-model-registry migrate env --to config-map -n self-healing-platform | kubectl apply -f -
  kserve-model-registry migrate models.yaml --to model-registration --file registrations.yaml

Exit status: 0 done, 1 the source has errors, or --check found a difference, 2 wrong usage.`;

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
    .description("convert models from one form of file into another")
    .argument("<source>", "a file, - for standard input, or env for the variables of this process")
    .addOption(new Option("--to <form>", "the form to write").choices(fileForms).makeOptionMandatory())
    .option("-f, --file <file>", "write there instead of to standard output")
    .option("--write", "write back to the source file")
    .option("--check", "write nothing; fail when the file would change")
    .option("-n, --namespace <name>", "the namespace of models that name none, where the source does not say")
    .option("--name <name>", "the name of the ConfigMap", "kserve-model-registry")
    .option("--type <model=type>", "the type of a model whose form has none; may be repeated", collect, [])
    .addHelpText("after", help)
    .action(async (source: string, options: RawMigrateOptions) => {
      const { write, check, namespace } = options;
      if (namespace !== undefined && !isDnsLabel(namespace))
        throw usageFailure(`--namespace ${namespace} is no DNS label`);
      if (write && (source === "env" || source === "-")) throw usageFailure("--write needs a file as the source");
      if (write && options.file !== undefined) throw usageFailure("--write and --file exclude each other");
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
      if (contentOf(target) !== migration.text) writeFileSync(target, migration.text);
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

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
