import { type Document, parseAllDocuments } from "yaml";
import { mergeWork } from "./merge-work.ts";

/** A problem of a text, and its position. */
export interface TextProblem {
  readonly offset: number;
  readonly message: string;
}

/** The documents of a YAML or JSON text that could be read, and the problems of the others. */
export interface YamlText {
  readonly documents: readonly Document.Parsed[];
  readonly problems: readonly TextProblem[];
}

/** The parser is recursive, and takes minutes to reject a text that is nested too deep. */
const maxDepth = 256;
const maxWarnings = 100;
/** How many values merges may create, for each character of a text and in all. */
const maxMerged = { perChar: 16, inAll: 400_000 } as const;

/**
 * Reads a text of one or more YAML documents. JSON is read as well, for it is YAML.
 *
 * @param depth how many levels it may have
 */
export function readYaml(text: string, depth = maxDepth): YamlText {
  if (seemsDeeperThan(text, depth)) {
    return { documents: [], problems: [{ offset: 0, message: `nested deeper than ${depth} levels` }] };
  }
  const documents: Document.Parsed[] = [];
  const problems: TextProblem[] = [];
  try {
    // `repeatedKeys` finds repeated keys: the parser takes minutes where there are many keys. Warnings are left to our
    // reader: the parser would write them to standard error, one by one.
    const options = { prettyErrors: false, uniqueKeys: false, merge: true, logLevel: "error" } as const;
    const parsed = parseAllDocuments(text, options);
    const maxWork = Math.min(maxMerged.perChar * text.length + 1000, maxMerged.inAll);
    for (const document of Array.isArray(parsed) ? parsed : []) {
      const found = problemsOf(document);
      if (found.length === 0 && text.includes("<<") && mergeWork(document) > maxWork) {
        found.push({ offset: 0, message: "its merges (<<) make far more values than it has" });
      }
      problems.push(...found);
      if (found.length === 0) documents.push(document);
    }
  } catch (error) {
    problems.push({ offset: 0, message: `not YAML: ${firstLine((error as Error).message)}` });
  }
  return { documents, problems };
}

function problemsOf({ errors, warnings }: Document.Parsed): TextProblem[] {
  if (errors.length === 0 && warnings.length > maxWarnings) {
    const { pos, message } = warnings[0]!;
    return [{ offset: pos[0], message: `more than ${maxWarnings} problems, the first: ${firstLine(message)}` }];
  }
  return errors
    .slice(0, maxWarnings)
    .map(({ pos, message }) => ({ offset: pos[0], message: `not YAML: ${firstLine(message)}` }));
}

function firstLine(message: string): string {
  return message.split("\n", 1)[0]!.replace(/:$/, "");
}

/**
 * Whether brackets, `?` of complex keys, or dashes at the start of a line seem to open more levels than this, quoted or
 * not.
 */
function seemsDeeperThan(text: string, depth: number): boolean {
  let open = 0;
  let dashes = 0;
  let questions = 0;
  let leading = true;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === "[" || char === "{") open++;
    else if (char === "]" || char === "}") open = Math.max(0, open - 1);
    if (char === "?" && " \t\n[{,".includes(text[i - 1] ?? " ")) questions++;
    else if (char === "," || char === "]" || char === "}" || char === "\n") questions = 0;
    if (char === "\n") {
      leading = true;
      dashes = 0;
    } else if (leading && "-?:".includes(char)) dashes++;
    else if (char !== " ") leading = false;
    if (open + questions > depth || dashes > depth) return true;
  }
  return false;
}
