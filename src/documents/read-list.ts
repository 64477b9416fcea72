import { type Document, isSeq, type Node, type YAMLSeq } from "yaml";
import { problemText } from "../base/field-reader.ts";
import { fileProblem } from "./file-problem.ts";
import type { FileReading } from "./models-file.ts";
import { writtenModel } from "./written-model.ts";
import { maxDocumentBytes, tooLarge } from "./yaml/document-size.ts";
import { startOf } from "./yaml/node.ts";
import type { Locate } from "./yaml/position.ts";
import { itemsOf, type YamlItem } from "./yaml/yaml-item.ts";
import { readYamlList } from "./yaml/yaml-list.ts";

/** The text that a node was read from. */
export interface Origin {
  readonly document: Document;
  readonly locate: Locate;
}

/**
 * Reads a text `models: [...]`, or just a list, as the service reads the document of a file or a ConfigMap.
 *
 * @param alone what messages have before the index where the list is alone
 */
export function readModelsText(text: string, alone: string, locate: Locate): FileReading {
  const bytes = Buffer.byteLength(text);
  if (bytes > maxDocumentBytes) return failed(fileProblem({ offset: 0, message: tooLarge(bytes) }, locate));
  const read = readYamlList(text, "models");
  if ("problem" in read) return failed(...[read.problem, ...read.more].map((problem) => fileProblem(problem, locate)));
  const { document, list, items } = read;
  const where = isSeq(document.contents) ? alone : "models";
  return {
    models: list === undefined ? [] : modelsOf(list, items, where, { document, locate }),
    settings: {},
    problems: read.problems.map((problem) =>
      fileProblem({ offset: problem.offset, message: problemText(problem) }, locate),
    ),
  };
}

/**
 * Reads a list of entries that is a part of a document.
 *
 * @param where what messages have before the index
 */
export function readList(list: Node | null | undefined, where: string, origin: Origin): FileReading {
  const fail = (message: string): FileReading =>
    failed(fileProblem({ offset: startOf(list), message: `${where}: ${message}` }, origin.locate));
  if (!isSeq(list)) return fail("expected a list of models, [{name, service, type}, ...]");
  try {
    return { models: modelsOf(list, itemsOf(list, origin.document), where, origin), settings: {}, problems: [] };
  } catch (error) {
    return fail((error as Error).message);
  }
}

function modelsOf(list: YAMLSeq, items: readonly YamlItem[], where: string, origin: Origin): FileReading["models"] {
  // The parser attaches a comment above the first entry to the list, where it would be lost.
  const first = items[0]?.node;
  if (first) first.commentBefore ??= list.commentBefore ?? null;
  return items.map((read, i) => writtenModel(read.node, { where: `${where}[${i}]`, read, ...origin }));
}

function failed(...problems: FileReading["problems"]): FileReading {
  return { models: [], settings: {}, problems };
}
