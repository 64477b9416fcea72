import { frame } from "../../test/support/frame.ts";
import type { Dice } from "./dice.ts";
import { type Header, idOf, restInput, rpcInput, validInput } from "./good-input.ts";
import { hostileBody, hostileJson } from "./hostile-json.ts";
import { hostileProtobuf } from "./hostile-protobuf.ts";
import type { Input } from "./input.ts";
import { mutate } from "./mutate.ts";
import { validRest, validRpcs } from "./valid-requests.ts";

/** Envelopes with wrong flags, lengths and compressions. */
export function oddEnvelopes(dice: Dice): Input {
  const good = validInput(dice, dice.pick(validRpcs.filter(({ binary }) => binary !== undefined)));
  const headers: Header[] = [
    [
      "content-type",
      dice.pick([
        "application/grpc",
        "application/grpc+proto",
        "application/grpc-web",
        "application/grpc-web+proto",
        "application/connect+proto",
        "application/connect+json",
        "application/grpc-web-text",
        "application/grpc+json",
      ]),
    ],
    ["te", "trailers"],
    idOf(dice),
  ];
  if (dice.chance(0.3))
    headers.push([
      dice.pick(["grpc-encoding", "connect-content-encoding"]),
      dice.pick(["gzip", "br", "deflate", "identity", "snappy", ""]),
    ]);
  const message = good.body!.subarray(dice.below(2) * 5);
  const lengths = [0, 1, message.length + 1, message.length - 1, 16 * 2 ** 20, 0x7fffffff, 0xffffffff];
  const envelope = (): Buffer => {
    switch (dice.below(6)) {
      case 0:
        return frame(message, dice.below(256));
      case 1:
        return frame(message, 0, Math.max(0, dice.pick(lengths)));
      case 2:
        return frame(message, 1);
      case 3:
        return frame(Buffer.alloc(0), dice.pick([0, 1, 2, 0x80]));
      case 4:
        return dice.bytes(dice.length(30));
      default:
        return frame(message);
    }
  };
  const body = Buffer.concat(Array.from({ length: dice.length(5) }, envelope));
  return { ...good, version: dice.pick([1, 2, 2]), headers, body };
}

/** Protobuf that is changed, or none. */
export function oddProtobuf(dice: Dice): Input {
  const rpc = dice.pick(validRpcs);
  const others = validRpcs.flatMap(({ binary }) => (binary === undefined ? [] : [binary]));
  const message =
    rpc.binary === undefined || dice.chance(0.4) ? hostileProtobuf(dice) : mutate(rpc.binary, dice, others);
  const input = rpcInput(dice, rpc.path, message, "{}", rpc.streams);
  // Messages in JSON have a surface of their own.
  return input.headers[0]![1].endsWith("json")
    ? { ...input, headers: [["content-type", "application/proto"], idOf(dice)], body: message }
    : input;
}

/** JSON that is changed, or none. */
export function oddJson(dice: Dice): Input {
  if (dice.chance(0.5)) {
    const valid = dice.pick(validRest.filter(({ body }) => body !== undefined));
    return restInput(dice, { ...valid, body: changedJson(dice, valid.body!) });
  }
  const { path, json, streams } = dice.pick(validRpcs);
  return rpcInput(dice, path, undefined, changedJson(dice, json), streams);
}

function changedJson(dice: Dice, json: string): string {
  if (dice.chance(0.3)) return hostileJson(dice);
  if (dice.chance(0.4)) return hostileBody(dice);
  // Latin-1 keeps bytes that are no UTF-8 as they are until they are sent as it.
  return mutate(Buffer.from(json), dice, [Buffer.from(hostileJson(dice))]).toString("latin1");
}
