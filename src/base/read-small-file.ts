import { closeSync, openSync, readSync } from "node:fs";

/** Tokens and bundles of certificates are far smaller. */
const maxBytes = 4 * 1024 * 1024;

/**
 * The bytes of a file of 4 MiB at most. A path may lead to a device without end, which would fill the memory.
 *
 * @throws Error of the system, or one that says that it is larger; neither repeats what it has
 */
export function readSmallFile(path: string): Buffer {
  const file = openSync(path, "r");
  try {
    const pieces: Buffer[] = [];
    let bytes = 0;
    for (;;) {
      const piece = Buffer.allocUnsafe(64 * 1024);
      const read = readSync(file, piece);
      if (read === 0) return Buffer.concat(pieces, bytes);
      pieces.push(piece.subarray(0, read));
      bytes += read;
      if (bytes > maxBytes) throw new Error(`it exceeds the limit of ${maxBytes} bytes`);
    }
  } finally {
    closeSync(file);
  }
}
