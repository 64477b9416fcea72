import { base64Decode, base64Encode } from "@bufbuild/protobuf/wire";
import { BodyBuffer } from "../body-buffer.ts";
import { bodyPieces } from "../body-pieces.ts";
import { countDecompressed } from "../count-body.ts";
import { decompress, isContentEncoding } from "../decompress.ts";
import { compressions } from "./framing.ts";
import { checkMessage, type ReadOptions } from "./read-messages.ts";

/**
 * Decompresses the message in the query of a GET before Connect sees it, within the size and number of values that its
 * method allows. Connect would decompress up to the limit of the largest message, and decode any number of values. The
 * headers change with the address. An uncompressed message is no larger than a request's head, and one that cannot be
 * read is left to Connect to refuse.
 *
 * @param url of the request, whole
 * @returns the address with the decompressed message
 * @throws RegistryError REQUEST_TOO_LARGE, SERVER_OVERLOADED, INVALID_REQUEST
 */
export async function withPlainQuery(url: string, headers: Headers, options: ReadOptions): Promise<string> {
  const asked = new URL(url);
  const query = asked.searchParams;
  const compression = query.get("compression");
  if (!isContentEncoding(compression) || !compressions.some(({ name }) => name === compression)) return url;
  const compressed = bytesOf(query);
  if (compressed === undefined) return url;
  const pieces = decompress(bodyPieces([compressed]), compression, options.limits);
  const buffer = new BodyBuffer();
  for await (const piece of countDecompressed(pieces, options.count)) buffer.append(piece);
  const message = buffer.take();
  checkMessage(message, query.get("encoding") === "json", options);
  query.delete("compression");
  query.set("base64", "1");
  query.set("message", base64Encode(message, "url"));
  // Who does not say what it takes gets what it sends.
  if (!headers.get("accept-encoding")) headers.set("accept-encoding", compression);
  return asked.href;
}

function bytesOf(query: URLSearchParams): Uint8Array | undefined {
  const message = query.get("message") ?? "";
  if (query.get("base64") !== "1") return Buffer.from(message);
  try {
    return base64Decode(message);
  } catch {
    return undefined;
  }
}
