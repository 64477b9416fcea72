import { readYaml } from "../../documents/yaml/read-yaml.ts";

/** The list in an annotation, or why it cannot be read, in words. */
export type AnnotationList = { readonly value: unknown } | UnreadList;

export interface UnreadList {
  readonly problem: string;
  /** Whether the same text may be readable later: it was time or memory that ran out. */
  readonly mayPass?: true;
}

/** Owners write annotations, and each of thousands of objects may have one. */
const maxChars = 4096;
const maxDepth = 8;
/** The YAML parser's time depends on these; JSON is parsed by V8, and may have any number. */
const maxSeparators = 512;
/** This few take a fraction of a millisecond. */
const maxSeparatorsHere = 32;
const separators = /[[\]{},:?&*!|>\n-]/g;

/**
 * Reads a list in an annotation: names separated by commas, JSON, or a short YAML list.
 *
 * @returns undefined for a list that has to be read in the thread
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

/** A JSON list; undefined for anything else, whose problems the YAML parser reports. */
function listOfJson(text: string): unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
