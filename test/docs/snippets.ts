import { execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

/** The root of the project. */
export const projectDir = join(import.meta.dirname, "../..");

/** A block of code of a page. */
export interface Snippet {
  /** The language behind the fence: `sh`. */
  readonly language: string;
  readonly text: string;
  readonly line: number;
}

/** A command of a page, and what the page says that it prints. */
export interface Command extends Snippet {
  readonly output: Snippet | undefined;
}

/** Reads a page of the project. */
export function readPage(path: string): string {
  return readFileSync(join(projectDir, path), "utf8");
}

/**
 * The commands of a page: its blocks of the language `sh`, each with the block behind it, unless that is a command too.
 * Commands that are not for running here, such as those that install or start something, have the language `bash`.
 */
export function commandsOf(page: string): Command[] {
  const snippets = snippetsOf(page);
  return snippets.flatMap((snippet, i) => {
    if (snippet.language !== "sh") return [];
    const next = snippets[i + 1];
    const isOutput = next !== undefined && ["json", "text", "proto"].includes(next.language);
    return [{ ...snippet, output: isOutput ? next : undefined }];
  });
}

/** The text of the blocks of one language. */
export function blocksOf(page: string, language: string): string[] {
  return snippetsOf(page)
    .filter((snippet) => snippet.language === language)
    .map(({ text }) => text);
}

export function snippetsOf(page: string): Snippet[] {
  return [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map((match) => {
    return { language: match[1]!, text: match[2]!, line: page.slice(0, match.index).split("\n").length };
  });
}

/** The demo, running. */
export interface Demo {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts the demo on a free port, and waits until it says what to try. */
export async function startDemo(): Promise<Demo> {
  const child = spawn(process.execPath, ["demo/main.ts"], {
    cwd: projectDir,
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await ended;
  };
  let out = "";
  for await (const chunk of child.stdout.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    out += chunk;
    if (out.includes("Ctrl-C")) break;
  }
  const port = Number(/The registry is at http:\/\/127\.0\.0\.1:(\d+)/.exec(out)?.[1]);
  if (Number.isNaN(port)) {
    await stop();
    throw new Error(`the demo did not start:\n${out}`);
  }
  return { port, stop };
}

/** `npx` finds what is installed here, and takes a second for it; so does this. */
const npx = 'npx() { "$@"; }';

/** Runs a command as a reader would, against the demo at another port than 8080. Returns what it printed. */
export async function runCommand(command: string, port: number): Promise<string> {
  const { stdout } = await promisify(execFile)(
    "bash",
    ["-c", `${npx}\n${command.replaceAll("127.0.0.1:8080", `127.0.0.1:${port}`)}`],
    {
      cwd: projectDir,
      env: { ...process.env, PATH: `${join(projectDir, "node_modules/.bin")}${delimiter}${process.env.PATH}` },
      timeout: 15_000,
    },
  );
  return stdout;
}

/** JSON text as a value, without what differs from run to run: times, and the port of the demo's model server. */
export function stableJson(text: string): unknown {
  return JSON.parse(text, (key, value) => {
    if (key === "updateTime" || key === "checkTime") return "(a time)";
    return typeof value === "string" ? value.replace(/^http:\/\/127\.0\.0\.1:\d+/, "(an address)") : value;
  });
}
