import { ConnectError } from "@connectrpc/connect";
import type { UniversalServerRequest } from "@connectrpc/connect/protocol";

/** An error without details, as Connect's own are. */
export function withoutDetails({ rawMessage, code }: ConnectError): ConnectError {
  return new ConnectError(rawMessage, code);
}

/** A request with a body whose errors have no details. */
export function withBareErrors(asked: UniversalServerRequest): UniversalServerRequest {
  const { body } = asked;
  const isPieces = typeof body === "object" && body !== null && Symbol.asyncIterator in body;
  return isPieces ? { ...asked, body: bareErrors(body as AsyncIterable<Uint8Array>) } : asked;
}

async function* bareErrors(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw error instanceof ConnectError ? withoutDetails(error) : error;
  }
}
