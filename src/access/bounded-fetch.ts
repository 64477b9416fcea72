/** An issuer has a few keys; a mebibyte holds thousands. */
const maxBytes = 1024 * 1024;

/**
 * Fetches what an issuer publishes, within a limit: an endless answer would fill the memory before its timeout ends it.
 *
 * @throws Error for an answer of more than 1 MiB, and what `fetch` throws
 */
export async function boundedFetch(url: string | URL, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += piece.byteLength;
    if (bytes > maxBytes) throw new Error(`${url} answered with more than ${maxBytes} bytes`);
    pieces.push(piece);
  }
  const { status, headers } = response;
  return new Response(isBodiless(status) ? null : Buffer.concat(pieces), { status, headers: plain(headers) });
}

/** The body has been decoded already, so the headers must not say that it is encoded. */
function plain(headers: Headers): Headers {
  const kept = new Headers(headers);
  kept.delete("content-encoding");
  kept.delete("content-length");
  return kept;
}

function isBodiless(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}
