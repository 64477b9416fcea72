import {
  create,
  type DescMessage,
  type DescMethodServerStreaming,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { createMethodUrl, encodeEnvelope } from "@connectrpc/connect/protocol";
import {
  endStreamFlag,
  endStreamFromJson,
  requestHeader,
  validateResponse,
} from "@connectrpc/connect/protocol-connect";
import { serviceUrl } from "../base-path.ts";
import { tokenHeaders } from "../transport.ts";

/** Before each message stand its flags, in one byte, and its length, in four. */
const headBytes = 5;

/**
 * Calls an RPC that streams, and hands over as many messages at a time as have come. Connect's client hands them over one by
 * one, through a dozen promises each, and keeps something of every one until the stream ends, which a watch never does.
 *
 * @throws ConnectError for what the server says at the end, and where the connection breaks
 */
export async function* streamMessages<I extends DescMessage, O extends DescMessage>(
  method: DescMethodServerStreaming<I, O>,
  request: MessageInitShape<I>,
  signal: AbortSignal,
): AsyncGenerator<readonly MessageShape<O>[]> {
  const { methodKind, input, output } = method;
  const response = await fetch(createMethodUrl(serviceUrl, method), {
    method: "POST",
    headers: requestHeader(methodKind, true, undefined, tokenHeaders(), false),
    body: encodeEnvelope(0, toBinary(input, create(input, request))) as Uint8Array<ArrayBuffer>,
    signal,
  });
  validateResponse(methodKind, true, response.status, response.headers);
  const reader = response.body!.getReader();
  try {
    let rest: Uint8Array = new Uint8Array();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new ConnectError("The stream was cut off", Code.Unavailable);
      const read = readEnvelopes(output, rest.length === 0 ? value : joined(rest, value));
      if (read.messages.length > 0) yield read.messages;
      if (read.end?.error !== undefined) throw read.end.error;
      if (read.end !== undefined) return;
      // A copy, for a view would keep the whole piece.
      rest = read.rest.slice();
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** What a piece of an answer holds. */
interface Read<M> {
  readonly messages: readonly M[];
  /** What has come of the next message. */
  readonly rest: Uint8Array;
  /** How the server ends the stream; undefined while it does not. */
  readonly end?: { readonly error?: ConnectError };
}

function readEnvelopes<O extends DescMessage>(schema: O, bytes: Uint8Array): Read<MessageShape<O>> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const messages: MessageShape<O>[] = [];
  let at = 0;
  while (bytes.length - at >= headBytes) {
    const end = at + headBytes + view.getUint32(at + 1);
    if (end > bytes.length) break;
    const data = bytes.subarray(at + headBytes, end);
    if (view.getUint8(at) === endStreamFlag) {
      return { messages, rest: bytes.subarray(end), end: endStreamFromJson(data) };
    }
    messages.push(fromBinary(schema, data, { readUnknownFields: false }));
    at = end;
  }
  return { messages, rest: bytes.subarray(at) };
}

function joined(before: Uint8Array, after: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(before.length + after.length);
  bytes.set(before);
  bytes.set(after, before.length);
  return bytes;
}
