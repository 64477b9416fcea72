import { frame } from "../../test/support/frame.ts";
import {
  endHeaders,
  endStream,
  frameTypes,
  headerBlock,
  http2Frame,
  preface,
} from "../../test/support/http2-frames.ts";
import type { Dice } from "./dice.ts";
import { type HttpInput, http1Bytes, type Input, type RawInput } from "./input.ts";
import { type ValidRpc, validRest, validRpcs } from "./valid-requests.ts";

/** The name and the value of a header. */
export type Header = readonly [name: string, value: string];

const protocols = ["connect-json", "connect", "grpc-web", "grpc"] as const;
const jsonType: Header = ["content-type", "application/json"];

/** The header that names an input in the log. */
export function idOf({ id }: Dice): Header {
  return ["x-request-id", id];
}

/** A request for a message, in a protocol that the dice choose. gRPC is for HTTP/2, but who knows what a caller does. */
export function rpcInput(
  dice: Dice,
  path: string,
  binary: Buffer | undefined,
  json: string,
  streams: boolean,
): HttpInput {
  const protocol = binary === undefined ? "connect-json" : dice.pick(protocols);
  const version = protocol === "grpc" && dice.chance(0.9) ? 2 : dice.pick([1, 2] as const);
  const base = { kind: "http", version, method: "POST", path } as const;
  if (protocol === "connect-json" || protocol === "connect") {
    const content = protocol === "connect" ? binary! : Buffer.from(json);
    const suffix = protocol === "connect" ? "proto" : "json";
    const type: Header = ["content-type", streams ? `application/connect+${suffix}` : `application/${suffix}`];
    return { ...base, headers: [type, idOf(dice)], body: streams ? frame(content) : content };
  }
  return {
    ...base,
    headers: [["content-type", `application/${protocol}`], ["te", "trailers"], idOf(dice)],
    body: frame(binary!),
  };
}

/** A good RPC. */
export function validInput(dice: Dice, rpc: ValidRpc = dice.pick(validRpcs)): HttpInput {
  return rpcInput(dice, rpc.path, rpc.binary, rpc.json, rpc.streams);
}

/** A request over plain HTTP. */
export function restInput(dice: Dice, { method, path, body } = dice.pick(validRest)): HttpInput {
  const headers = body === undefined ? [idOf(dice)] : [jsonType, idOf(dice)];
  return {
    kind: "http",
    version: dice.pick([1, 2]),
    method,
    path,
    headers,
    body: body === undefined ? undefined : Buffer.from(body),
  };
}

/** A good request, over one of the connections that hostile inputs come on. */
export function goodInput(dice: Dice): Input {
  const good = anyInput(dice);
  if (dice.chance(0.5)) return good;
  const chunks = [dice.chance(0.5) ? http1Bytes(good) : http2Bytes([good, anyInput(dice)])];
  return { kind: "raw", chunks, end: "half-close" };
}

/** A good request of any kind. */
export function anyInput(dice: Dice): HttpInput {
  return dice.chance(0.5) ? validInput(dice) : restInput(dice);
}

/** Bytes on a connection: whole, or in pieces that come one after the other. */
export function raw(dice: Dice, bytes: Buffer): RawInput {
  const at = dice.below(bytes.length + 1);
  const chunks = dice.chance(0.3) ? [bytes.subarray(0, at), bytes.subarray(at)] : [bytes];
  const end = dice.chance(0.8) ? "half-close" : dice.chance(0.7) ? "reset" : "wait";
  return { kind: "raw", chunks: chunks.filter(({ length }) => length > 0), end };
}

/** The bytes of a connection with one good request per stream. */
export function http2Bytes(inputs: readonly HttpInput[]): Buffer {
  const settings = http2Frame(frameTypes.settings, 0, 0, Buffer.alloc(0));
  const streams = inputs.flatMap((input, i) => requestFrames(input, 2 * i + 1));
  return Buffer.concat([preface, settings, ...streams]);
}

/** The frames of a request. */
export function requestFrames({ method, path, headers, body }: HttpInput, stream: number): Buffer[] {
  const block = headerBlock([
    [":method", method],
    [":scheme", "http"],
    [":path", path],
    [":authority", "x"],
    ...headers,
  ]);
  const flags = endHeaders | (body === undefined ? endStream : 0);
  const head = http2Frame(frameTypes.headers, flags, stream, block);
  return body === undefined ? [head] : [head, http2Frame(frameTypes.data, endStream, stream, body)];
}
