import { snakeCase } from "../base/snake-case.ts";
import { defaultJsonName } from "./field-names.ts";
import { type ProtoField, type ProtoFile, type ProtoMessage, structFile } from "./proto-file.ts";

const lineWidth = 110;

/** A file as the text of a `.proto` file. */
export function protoText(file: ProtoFile): string {
  const { service } = file;
  return [
    ...comment(file.comment, ""),
    'syntax = "proto3";',
    "",
    `package ${file.packageName};`,
    "",
    `import ${quoted(structFile)};`,
    "",
    ...optionLines(file.options),
    "",
    ...comment(service.comment, ""),
    `service ${service.name} {`,
    ...comment(service.method.comment, "  "),
    `  rpc ${service.method.name}(${service.method.request}) returns (${service.method.response});`,
    "}",
    ...file.messages.flatMap(messageLines),
    "",
  ].join("\n");
}

function optionLines(options: ProtoFile["options"]): string[] {
  return Object.entries(options).map(([name, value]) => {
    return `option ${snakeCase(name)} = ${typeof value === "string" ? quoted(value) : value};`;
  });
}

function messageLines(message: ProtoMessage): string[] {
  return ["", ...comment(message.comment, ""), `message ${message.name} {`, ...message.fields.flatMap(fieldLines), "}"];
}

function fieldLines(field: ProtoField): string[] {
  const type = typeof field.type === "string" ? field.type : field.type.message;
  const label = field.label === undefined ? "" : `${field.label} `;
  const option = field.jsonName === defaultJsonName(field.name) ? "" : ` [json_name = ${quoted(field.jsonName)}]`;
  return [...comment(field.comment, "  "), `  ${label}${type} ${field.name} = ${field.number}${option};`];
}

/** Paragraphs as comment lines, wrapped where their words allow it. */
function comment(paragraphs: readonly string[], indent: string): string[] {
  return paragraphs
    .flatMap((paragraph) => paragraph.split(/\r\n|[\n\v\f\r\u0085\u2028\u2029]/))
    .flatMap((line) => wrapped(printable(line), lineWidth - indent.length))
    .map((line) => `${indent}// ${line}`.trimEnd());
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width - "// ".length) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** An owner's text must neither end the comment nor be invalid. */
function printable(text: string): string {
  return text
    .toWellFormed()
    .replace(/\p{Cc}+/gu, " ")
    .trim();
}

function quoted(text: string): string {
  const escaped = text.replace(/["\\\p{Cc}]/gu, (character) => {
    const code = character.charCodeAt(0);
    // Octal escapes denote bytes; control characters beyond ASCII are written unchanged.
    return code < 0x80 && character !== '"' && character !== "\\"
      ? `\\${code.toString(8).padStart(3, "0")}`
      : code < 0x80
        ? `\\${character}`
        : character;
  });
  return `"${escaped}"`;
}
