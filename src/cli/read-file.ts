import { createReadStream } from "node:fs";
import type { CliIo } from "./cli-io.ts";
import { usageFailure } from "./failure.ts";

/** No file of models is anywhere near; one without end, which a link may lead to, would fill the memory. */
const maxBytes = 64 * 1024 * 1024;

/**
 * The text of a file that the user names, of 64 MiB at most; `-` is standard input.
 *
 * @throws Failure of wrong usage, when it cannot be read or is larger
 */
export async function readFile(path: string, stdin: CliIo["stdin"]): Promise<string> {
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
    throw usageFailure(`${path} cannot be read: ${(error as Error).message}`);
  }
  if (bytes > maxBytes) throw usageFailure(`${path} exceeds the limit of ${maxBytes} bytes`);
  // It leaves out a byte order mark, which some shells put before what they pipe, as the server does where it reads a file.
  return new TextDecoder().decode(Buffer.concat(chunks, bytes));
}
