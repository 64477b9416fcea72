import { Document, Scalar } from "yaml";
import { legacyVariable } from "../registry/legacy-services.ts";
import { type FileProblem, fileProblem } from "./file-problem.ts";
import type { FileReading } from "./models-file.ts";
import { readList } from "./read-list.ts";
import { type WrittenModel, writtenModel } from "./written-model.ts";
import { mapOf } from "./yaml/node.ts";
import { type Locate, locateIn, locateWithin, type Position } from "./yaml/position.ts";
import { readYaml } from "./yaml/read-yaml.ts";

/** A variable as a file sets it. */
export interface SetVariable {
  readonly name: string;
  readonly value: string;
  readonly position: Position;
  /** Where the value begins. */
  readonly locate: Locate;
}

const assignment = /^(?:export[ \t]+)?([A-Za-z_]\w*)=/gm;

/** Whether a text sets variables, as `env` prints them and as an env file holds them. */
export function isEnvironment(text: string): boolean {
  const first = text.split("\n").find((line) => !/^\s*(#.*)?$/.test(line));
  return first !== undefined && /^(export[ \t]+)?[A-Za-z_]\w*=/.test(first);
}

/** The variables that a text sets. Values may stand in single or double quotes, and then go on over several lines. */
export function variablesOf(text: string): SetVariable[] {
  const locate = locateIn(text);
  const variables: SetVariable[] = [];
  assignment.lastIndex = 0;
  for (let match = assignment.exec(text); match !== null; match = assignment.exec(text)) {
    const start = match.index + match[0].length;
    const quoted = /'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"/y;
    quoted.lastIndex = start;
    const inQuotes = quoted.exec(text);
    const end = inQuotes === null ? lineEnd(text, start) : quoted.lastIndex;
    const value = inQuotes === null ? text.slice(start, end).trim() : (inQuotes[1] ?? unescaped(inQuotes[2]!));
    const first = locate(inQuotes === null ? start : start + 1);
    variables.push({ name: match[1]!, value, position: locate(match.index), locate: locateWithin(value, first, 0) });
    assignment.lastIndex = end;
  }
  return variables;
}

/** Reads the models that variables register: `KSERVE_MODEL_REGISTRY`, else the older `KSERVE_<X>_SERVICE`. */
export function readEnvironment(text: string): FileReading {
  const variables = variablesOf(text);
  const set = new Map(variables.filter(({ value }) => value !== "").map((variable) => [variable.name, variable]));
  const registry = set.get("KSERVE_MODEL_REGISTRY");
  const legacy = [...set.values()].filter(({ name }) => legacyVariable(name) !== undefined);
  const problems: FileProblem[] = legacy.map(({ name, position }) => ({
    position,
    severity: "warning",
    message:
      registry === undefined
        ? `${name} is deprecated; \`migrate --to env\` converts it to KSERVE_MODEL_REGISTRY`
        : `${name} is ignored, because KSERVE_MODEL_REGISTRY is set`,
  }));
  let models: readonly WrittenModel[];
  if (registry === undefined) {
    models = legacy.map((variable) => legacyModel(variable, set));
  } else {
    const list = readRegistry(registry);
    models = list.models;
    for (const problem of list.problems) problems.push(problem);
  }
  if (models.length === 0 && problems.length === 0) {
    problems.push({
      position: { line: 1, column: 1 },
      severity: "error",
      message: "sets neither KSERVE_MODEL_REGISTRY nor a KSERVE_<X>_SERVICE",
    });
  }
  const enabled = set.get("ENABLE_KSERVE_INTEGRATION")?.value;
  const namespace = set.get("KSERVE_NAMESPACE")?.value;
  const port = Number(set.get("KSERVE_PREDICTOR_PORT")?.value);
  return {
    models,
    settings: {
      ...(enabled === undefined ? {} : { enabled: !["false", "off", "0"].includes(enabled.toLowerCase()) }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(Number.isInteger(port) && port > 0 ? { port } : {}),
    },
    problems,
  };
}

/** The service reads it as JSON, so that YAML which is not JSON is a problem. */
function readRegistry({ value, locate }: SetVariable): FileReading {
  const where = "KSERVE_MODEL_REGISTRY";
  try {
    JSON.parse(value);
  } catch (error) {
    const problem = { offset: 0, message: `${where}: not JSON: ${(error as Error).message}` };
    return { models: [], settings: {}, problems: [fileProblem(problem, locate)] };
  }
  const { documents, problems } = readYaml(value);
  const [document] = documents;
  return document === undefined
    ? { models: [], settings: {}, problems: problems.map((problem) => fileProblem(problem, locate)) }
    : readList(document.contents, where, { document, locate });
}

function legacyModel(variable: SetVariable, set: ReadonlyMap<string, SetVariable>): WrittenModel {
  const { name, type, pathVariable, protocolVariable } = legacyVariable(variable.name)!;
  const path = set.get(pathVariable)?.value;
  const fields = { name, service: variable.value, type, model: path, protocol: set.get(protocolVariable)?.value };
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  const entry = mapOf(Object.fromEntries(given.map(([key, value]) => [key, new Scalar(value)])));
  return {
    ...writtenModel(entry, { where: variable.name, document: new Document(), locate: variable.locate, untyped: true }),
    namePosition: variable.position,
    positionOf: () => variable.position,
  };
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(["\\$`])/g, "$1");
}
