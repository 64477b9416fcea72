import { readYaml } from "../../documents/yaml/read-yaml.ts";

/** What an annotation lists, or why it cannot be read, in words. */
export type AnnotationList = { readonly value: unknown } | UnreadList;

export interface UnreadList {
  readonly problem: string;
  /** Whether the same text may be read at another time: it was time or memory that did not suffice. */
  readonly mayPass?: true;
}

/** An annotation is its owner's, and there may be one on each of thousands of objects. */
const maxChars = 4096;
const maxDepth = 8;
/** What takes the parser of YAML its time is each of these; JSON is read by V8, and may have as many as fit. */
const maxSeparators = 512;
/** So few take a fraction of a millisecond. */
const maxSeparatorsHere = 32;
const separators = /[[\]{},:?&*!|>\n-]/g;

/**
 * Reads a list that an annotation holds: names with commas between them, JSON, or a short list as YAML.
 *
 * @returns undefined for a list that is to be read in the thread for them
 */
export function readShortList(text: string): AnnotationList | undefined {
  if (!/^\s*[[-]/.test(text)) {
    const names = text.split(",").map((item) => item.trim());
    return { value: names.filter((item) => item !== "") };
  }
  if (text.length > maxChars) {
    return { problem: `found ${text.length} characters, and at most ${maxChars} are read` };
  }
  const json = listOfJson(text);
  if (json !== undefined) return { value: json };
  const count = text.match(separators)?.length ?? 0;
  if (count > maxSeparators) {
    return { problem: `found ${count} separators, and at most ${maxSeparators} are read as YAML; write it as JSON` };
  }
  return count > maxSeparatorsHere ? undefined : readYamlList(text);
}

/** Reads a list as YAML. */
export function readYamlList(text: string): AnnotationList {
  const { documents, problems } = readYaml(text, maxDepth);
  if (problems[0] !== undefined) return { problem: problems[0].message };
  try {
    return { value: documents[0]?.toJS({ maxAliasCount: 0 }) };
  } catch (error) {
    return { problem: (error as Error).message.split("\n", 1)[0]! };
  }
}

/** A list as JSON; undefined for anything else, of which YAML is to say what is wrong. */
function listOfJson(text: string): unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
