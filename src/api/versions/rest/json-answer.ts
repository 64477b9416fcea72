import { type HttpResponse, hasLeft } from "../../http.ts";
import { sendBytes } from "../../http-message.ts";
import { writtenText } from "../../written-text.ts";

/** The content type of JSON as the server that existing clients know spells it. */
export const jsonHeaders = { "content-type": "application/json; charset=UTF-8" };

/**
 * Answers with JSON text as a whole. A long one is written in several turns of the event loop, for as long as the caller
 * waits.
 */
export async function sendJsonText(
  response: HttpResponse,
  status: number,
  json: Iterable<string>,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const written = writtenText(json, () => !hasLeft(response));
  const body = written instanceof Promise ? await written : written;
  sendBytes(response, status, body, { ...jsonHeaders, ...headers });
}
