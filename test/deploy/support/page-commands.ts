import { globSync } from "node:fs";
import { projectDir, readPage, snippetsOf } from "../../docs/snippets.ts";

/** A command of a page. */
export interface PageCommand {
  readonly page: string;
  readonly line: number;
  readonly command: string;
}

/** Every page that users read. */
export const pages: readonly string[] = globSync(["README.md", "{docs,examples,charts/*}/*.md"], {
  cwd: projectDir,
}).sort();

/** The commands of the blocks of a page that install, start or change something: those of the language `bash`. */
export function blockCommandsOf(page: string): PageCommand[] {
  return snippetsOf(readPage(page))
    .filter(({ language }) => language === "bash")
    .flatMap(({ text, line }) => splitCommands(text).map((command) => ({ page, line, command })));
}

/** The programs that a command in running text begins with. Others there are words of a language, fields and files. */
const programs = /^(kserve-model-registry|kubectl|kind|helm|kustomize|docker|oc|npm|npx|node|git|grpcurl|buf|curl) /;

/** The commands in the running text and the tables of a page. */
export function mentionedCommandsOf(page: string): PageCommand[] {
  const lines = readPage(page)
    .replaceAll(/^```[\s\S]*?^```/gm, (block) => block.replaceAll(/[^\n]/g, ""))
    .split("\n");
  return lines.flatMap((text, i) =>
    [...text.matchAll(/`([^`]+)`/g)]
      .map(([, command]) => ({ page, line: i + 1, command: command! }))
      .filter(({ command }) => programs.test(command)),
  );
}

/** Splits a block into commands, one for each line that ends outside of quotes; lines that only set variables are one. */
function splitCommands(block: string): string[] {
  const commands: string[] = [];
  let command = "";
  for (const line of block
    .replaceAll(/\\\n\s*/g, "")
    .trim()
    .split("\n")) {
    command += command === "" ? line : `\n${line}`;
    if ((command.match(/'/g) ?? []).length % 2 === 1) continue;
    const last = commands.at(-1);
    if (last !== undefined && isAssignment(last) && isAssignment(command))
      commands.push(`${commands.pop()}\n${command}`);
    else commands.push(command);
    command = "";
  }
  if (command !== "") throw new Error(`a quote is open: ${command}`);
  return commands;
}

/** Whether a command does nothing but set variables. */
export function isAssignment(command: string): boolean {
  return /^(export )?[A-Z_]+=('[^']*'|\S*)(\s*#[^\n]*)?(\n|$)/.test(command);
}
