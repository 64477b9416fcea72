import { once } from "node:events";
import { type IncomingHttpHeaders, request } from "node:http";

/** What goes with a request. */
export interface Sent {
  readonly body?: string | Uint8Array;
  /** The content type. Default: `application/json`. Empty: no such header. */
  readonly type?: string;
}

/** What came back. */
export interface Received {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  /** The body, read as JSON; undefined where there is none. */
  readonly body: unknown;
}

/**
 * Sends a request, such as `GET /v1/models`, on a connection of its own: after a failed prediction the model server
 * closes the one it came on.
 */
export async function send(
  url: string,
  line: string,
  { body, type = "application/json" }: Sent = {},
): Promise<Received> {
  const [method, path] = line.split(" ");
  const headers = type === "" ? {} : { "content-type": type };
  const sent = request(url + path, { method: method!, headers, agent: false }).end(body);
  const [response] = await once(sent, "response");
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return { status: response.statusCode, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
}
