import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import type { CliIo } from "./cli-io.ts";
import { usageFailure } from "./failure.ts";

/**
 * The text of a file that the user names; `-` is standard input.
 *
 * @throws Failure of wrong usage, when it cannot be read
 */
export async function readFile(path: string, stdin: CliIo["stdin"]): Promise<string> {
  if (path === "-") return text(stdin);
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw usageFailure(`${path} cannot be read: ${(error as Error).message}`);
  }
}
