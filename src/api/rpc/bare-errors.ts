import { ConnectError } from "@connectrpc/connect";
import type { UniversalServerRequest } from "@connectrpc/connect/protocol";
import { isPieces } from "./unary-body.ts";

/** An error without details, as Connect's own are. */
export function withoutDetails({ rawMessage, code }: ConnectError): ConnectError {
  return new ConnectError(rawMessage, code);
}

/** A request with a body whose errors have no details. */
export function withBareErrors(asked: UniversalServerRequest): UniversalServerRequest {
  const { body } = asked;
  return isPieces(body) ? { ...asked, body: bareErrors(body) } : asked;
}

async function* bareErrors(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw error instanceof ConnectError ? withoutDetails(error) : error;
  }
}
