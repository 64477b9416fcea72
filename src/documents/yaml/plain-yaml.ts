import type { Document, Node } from "yaml";
import { hasMoreMarks } from "../../base/has-more-marks.ts";
import { unfoldedSize } from "./document-size.ts";
import { nodeAt, startOf } from "./node.ts";
import { locateIn, type Position } from "./position.ts";
import { readYaml, type TextProblem } from "./read-yaml.ts";
import { repeatedKeys } from "./yaml-item.ts";

/** A document as plain data, with the positions of its parts. */
export interface PlainYaml {
  /** Undefined for an empty document, and where there are problems. */
  readonly value: unknown;
  readonly problems: readonly TextProblem[];
  /**
   * The position of a field, by its path: `models[3].artifacts[0].uri`; of a missing one, the position of its parent.
   */
  readonly positionOf: (path: string) => Position;
  readonly locate: (offset: number) => Position;
}

/** How many values a document may have once its aliases are expanded: more is an alias bomb. */
const maxUnfolded = 200_000;

/** How many structural characters it may have; each takes about half a kilobyte while it is parsed. */
const maxMarks = 400_000;

/** The deepest nesting: nothing that is read here needs more. */
const maxDepth = 64;

/** Reads a text of one YAML or JSON document as plain data. */
export function readPlainYaml(text: string): PlainYaml {
  const locate = locateIn(text);
  const failed = (more: readonly TextProblem[]): PlainYaml => ({
    value: undefined,
    problems: more,
    positionOf: () => locate(0),
    locate,
  });
  if (hasMoreMarks(text, maxMarks)) {
    const message = `has more than ${maxMarks} brackets, commas, colons and lines in one piece; a list at the top level without anchors is read item by item`;
    return failed([{ offset: 0, message }]);
  }
  const { documents, problems } = readYaml(text, maxDepth);
  const [document, second] = documents;
  if (problems.length > 0) return failed(problems);
  if (second !== undefined) {
    return failed([{ offset: second.range[0], message: "has several documents, split by ---; expected one" }]);
  }
  if (document === undefined) return { ...failed([]), problems: [] };
  try {
    const value: unknown = document.toJS({ maxAliasCount: -1 });
    if (unfoldedSize(value, new Map()) > maxUnfolded) {
      return failed([{ offset: 0, message: `holds more than ${maxUnfolded} values when its aliases are written out` }]);
    }
    const { contents } = document as Document & { readonly contents: Node | null };
    const repeated = contents === null ? [] : repeatedKeys(contents);
    const found = repeated.map(({ field, message, offset }) => ({ offset, message: `${field}: ${message}` }));
    return { value, problems: found, positionOf: (path) => locate(startOf(nodeAt(contents, path))), locate };
  } catch (error) {
    return failed([{ offset: 0, message: (error as Error).message }]);
  }
}
