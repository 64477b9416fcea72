import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { TransferError } from "./record-source.ts";

/** No record is anywhere near; a file without line ends would fill the memory. */
const maxLineBytes = 64 * 1024 * 1024;
const newline = 0x0a;

/** One line of a file. */
export interface TextLine {
  readonly text: string;
  readonly bytes: number;
}

/**
 * The lines of a file in UTF-8, without a byte order mark, each of 64 MiB at most.
 *
 * @throws TransferError when it cannot be read, or only once, as a pipe
 */
export async function* textLines(path: string, signal: AbortSignal): AsyncGenerator<TextLine> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  let number = 1;
  const line = (): TextLine => {
    const text = decoded(Buffer.concat(pieces, bytes), `${path}:${number}`);
    const found = { text, bytes };
    pieces.length = 0;
    bytes = 0;
    number++;
    return found;
  };
  for await (const chunk of chunksOf(path, signal)) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      pieces.push(chunk.subarray(start, end));
      bytes += end - start;
      yield line();
      start = end + 1;
    }
    if (start < chunk.length) pieces.push(chunk.subarray(start));
    bytes += chunk.length - start;
    if (bytes > maxLineBytes) throw new TransferError(`${path}:${number}: more than ${maxLineBytes} bytes in one line`);
  }
  if (bytes > 0) yield line();
}

async function* chunksOf(path: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    // A pipe would be waited for until somebody opens its other end.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!(await file.stat()).isFile()) {
      await file.close();
      throw new Error("it is not a file, and it is read more than once; write its content to one first");
    }
    yield* file.createReadStream({ signal });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TransferError) throw error;
    throw new TransferError(`${path} cannot be read: ${(error as Error).message}`);
  }
}

function decoded(bytes: Buffer, where: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    throw new TransferError(
      `${where}: not text in UTF-8${isGzip ? "; it is compressed: unpack it with gunzip first" : ""}`,
    );
  }
}
