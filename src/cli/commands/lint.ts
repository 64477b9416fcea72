import { type Command, Option } from "commander";
import { checkCatalogFile } from "../../catalog/check-catalog-file.ts";
import { readConfig } from "../../config/config.ts";
import { checkLinks, linksOf, type WrittenLink } from "../../documents/check-links.ts";
import { checkModelsFile } from "../../documents/check-models-file.ts";
import { byPosition, type FileProblem } from "../../documents/file-problem.ts";
import { variablesOf } from "../../documents/read-environment.ts";
import { readModelsFile } from "../../documents/read-models-file.ts";
import type { VersionFinding } from "../../registry/model.ts";
import type { CliIo } from "../cli-io.ts";
import { addOptionalServer, type RawOptionalServer, readOptionalServer } from "../client/client-options.ts";
import { readTokenFile } from "../client/token-file.ts";
import { Failure } from "../failure.ts";
import { jsonText } from "../output/json.ts";
import { printable } from "../output/printable.ts";
import { count } from "../output/words.ts";
import { assertStdinOnce, readFile } from "../read-file.ts";

const help = `
FILE is a list of models, a models.yaml, a ConfigMap or ModelRegistration manifest, Helm values, an env file, or - for
standard input. Catalog files are checked too: a sources.yaml, or a data file that starts with "source:". No server or
cluster is called, except with --address, which looks up the versions of linked models in a registry of versions.

Examples:
  kserve-model-registry lint values-hub.yaml
  helm template charts/kserve-model-registry --set registry.mode=crd -f values.yaml | kserve-model-registry lint -
  kubectl get modelregistrations -A -o yaml | kserve-model-registry lint -
  kserve-model-registry lint --address registry.example:8080 models.yaml

Exit status: 0 without errors (warnings do not count), 1 with errors, 2 if a file cannot be read.`;

/** What is wrong with one file. */
interface LintedFile {
  readonly file: string;
  readonly form: string;
  readonly models: number;
  readonly problems: readonly FileProblem[];
}

interface RawLintOptions extends RawOptionalServer {
  readonly output: "text" | "json";
}

/** How long each look-up of a version may take. */
const lookUpTimeoutMs = 10_000;

/** Adds `lint FILE...`: checks files with models as the service would read them, with line and column. */
export function addLint(program: Command, io: CliIo): void {
  const command = program
    .command("lint")
    .description("check files that define models")
    .argument("<file...>", "the files to check")
    .addOption(new Option("-o, --output <format>", "how to print").choices(["text", "json"]).default("text"));
  addOptionalServer(command, "look up linked versions in the registry of versions there; Kubeflow's works too")
    .addHelpText("after", help)
    .action(async (paths: string[], { output, ...server }: RawLintOptions) => {
      assertStdinOnce(paths);
      const read: { readonly linted: LintedFile; readonly links: readonly WrittenLink[] }[] = [];
      for (const path of paths) read.push(lint(path, await readFile(path, io.stdin)));
      const findings = await lookUp(
        read.flatMap(({ links }) => links),
        server,
        io,
      );
      const files = read.map(({ linted, links }): LintedFile => {
        const problems = [...linted.problems, ...(findings === undefined ? [] : checkLinks(links, findings))];
        return { ...linted, problems: problems.sort(byPosition) };
      });
      const errors = files.flatMap(({ problems }) => problems).filter(({ severity }) => severity === "error").length;
      if (output === "json") {
        io.stdout.write(jsonText({ files: JSON.parse(JSON.stringify(files)) }, "indented"));
      } else {
        for (const file of files) io.stdout.write(linesOf(file));
      }
      if (errors > 0) throw new Failure(`${count(errors, "error")} in ${count(files.length, "file")}`);
      if (output === "text") {
        const models = files.reduce((sum, file) => sum + file.models, 0);
        const noun = files.some(({ form }) => form === "catalog-sources" || form === "catalog-servers")
          ? "item"
          : "model";
        io.stdout.write(`${count(files.length, "file")}, ${count(models, noun)}, no errors\n`);
      }
    });
}

/** What the links of all files lead to; undefined where no registry of versions is to be asked. @throws Failure */
async function lookUp(
  links: readonly WrittenLink[],
  server: RawOptionalServer,
  io: CliIo,
): Promise<ReadonlyMap<string, VersionFinding> | undefined> {
  const options = readOptionalServer(server, lookUpTimeoutMs, io.env);
  if (options === undefined) return undefined;
  // Only here: without an address nothing of it is needed.
  const { lookUpVersions } = await import("../../compose/links/rest-records.ts");
  const token = options.tokenFile === undefined ? undefined : readTokenFile(options.tokenFile);
  const refs = links.map(({ ref }) => ref);
  try {
    return await lookUpVersions(refs, { ...options, token: () => token });
  } catch (error) {
    throw new Failure(`linked versions cannot be looked up: ${(error as Error).message}`);
  }
}

function lint(file: string, text: string): { readonly linted: LintedFile; readonly links: readonly WrittenLink[] } {
  const ofCatalog = checkCatalogFile(text);
  if (ofCatalog !== undefined) {
    const { form, entries, problems } = ofCatalog;
    return { linted: { file, form, models: entries, problems }, links: [] };
  }
  const read = readModelsFile(text);
  const problems = [...checkModelsFile(read)];
  if (read.form === "env") {
    for (const problem of settingsProblems(text, problems)) problems.push(problem);
    problems.sort(byPosition);
  }
  return { linted: { file, form: read.form, models: read.models.length, problems }, links: linksOf(read) };
}

/** What the service would say of the other variables. */
function settingsProblems(text: string, known: readonly FileProblem[]): FileProblem[] {
  const variables = variablesOf(text);
  const { problems, warnings } = readConfig(Object.fromEntries(variables.map(({ name, value }) => [name, value])));
  const place = (message: string, severity: FileProblem["severity"]): FileProblem => {
    const variable = variables.find(({ name }) => message.startsWith(`${name}:`));
    return { position: variable?.position ?? { line: 1, column: 1 }, severity, message };
  };
  return [
    ...problems.map((message) => place(message, "error")),
    ...warnings.map((message) => place(message, "warning")),
  ].filter(({ message }) => !known.some((problem) => problem.message === message));
}

function linesOf({ file, problems }: LintedFile): string {
  return problems
    .map(({ position: { line, column }, severity, message }) => {
      return `${printable(file)}:${line}:${column}: ${severity}: ${printable(message)}\n`;
    })
    .join("");
}
