import { createReadStream } from "node:fs";
import type { CliIo } from "./cli-io.ts";
import { usageFailure } from "./failure.ts";

/** No file of models is anywhere near; one without end, which a link may lead to, would fill the memory. */
const maxModelsBytes = 64 * 1024 * 1024;

/**
 * The bytes of a file that the user names; `-` is standard input.
 *
 * @param options.name what messages call it
 * @param options.maxBytes how many it may have; default: 64 MiB
 * @throws Failure of wrong usage, when it cannot be read or is larger
 */
export async function readFileBytes(
  path: string,
  stdin: CliIo["stdin"],
  { name = nameOf(path), maxBytes = maxModelsBytes } = {},
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of path === "-" ? stdin : createReadStream(path)) {
      const piece = Buffer.from(chunk);
      chunks.push(piece);
      bytes += piece.length;
      if (bytes > maxBytes) break;
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw usageFailure(`${name} cannot be read: ${code === "EISDIR" ? "it is a directory" : message}`);
  }
  if (bytes > maxBytes) throw usageFailure(`${name} exceeds the limit of ${maxBytes} bytes`);
  return Buffer.concat(chunks, bytes);
}

/**
 * The text of a file of 64 MiB at most, without a byte order mark, which some shells put before what they pipe.
 *
 * @throws Failure of wrong usage, also when it is not UTF-8: its characters would be others in what is made of it
 */
export async function readFile(path: string, stdin: CliIo["stdin"]): Promise<string> {
  const bytes = await readFileBytes(path, stdin);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw usageFailure(`${nameOf(path)} is not text in UTF-8; convert it first`);
  }
}

/** @throws Failure of wrong usage when standard input is named twice: it can be read only once */
export function assertStdinOnce(paths: readonly (string | undefined)[]): void {
  if (paths.filter((path) => path === "-").length > 1) throw usageFailure("-, standard input, can be read only once");
}

function nameOf(path: string): string {
  return path === "" ? "the file ''" : path;
}
