import type { Dice } from "./dice.ts";
import { anyInput, raw } from "./good-input.ts";
import { hostileText } from "./hostile-text.ts";
import { http1Bytes, type Input } from "./input.ts";
import { mutate } from "./mutate.ts";

/** Methods of requests, most of which nothing takes. */
export const methods = [
  "GET",
  "POST",
  "HEAD",
  "PUT",
  "DELETE",
  "OPTIONS",
  "PATCH",
  "TRACE",
  "CONNECT",
  "PRI",
  "get",
  "",
  "A B",
  "\u0000",
];
const otherProtocols = [
  "",
  "P",
  "PRI * HT",
  "PRI * HTTP/2.0\r\n\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "\r\n\r\n",
  "GET /\r\n",
  "GET / HTTP/0.9\r\n\r\n",
  "GET / HTTP/9.9\r\nhost: x\r\n\r\n",
  "SSH-2.0-OpenSSH_9.7\r\n",
  "EHLO mail.example\r\n",
  "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003",
  "*1\r\n$4\r\nPING\r\n",
  "\u0000\u0000\u0000\u0008\u0004\u00d2\u0016\u002f",
  "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n",
];

/** Other protocols, noise, and parts of requests. */
export function rawBytes(dice: Dice): Input {
  if (dice.chance(0.4)) return raw(dice, Buffer.from(dice.pick(otherProtocols), "latin1"));
  if (dice.chance(0.5)) return raw(dice, dice.bytes(dice.length(2000)));
  return raw(dice, http1Bytes(anyInput(dice)).subarray(0, 1 + dice.below(200)));
}

/** A good HTTP/1.1 request with some bytes changed. */
export function changedHttp1(dice: Dice): Input {
  const others = Array.from({ length: 3 }, () => http1Bytes(anyInput(dice)));
  return raw(dice, mutate(http1Bytes(anyInput(dice)), dice, others));
}

/** A request that HTTP/1.1 forbids in some way, most of the time. */
export function oddHttp1(dice: Dice): Input {
  const { path, body = Buffer.alloc(0) } = anyInput(dice);
  const method = dice.chance(0.8) ? "POST" : dice.pick(methods);
  const target = dice.chance(0.7)
    ? path
    : dice.pick(["*", "http://other/", "//x", hostileText(dice), `${path}#${hostileText(dice, 50)}`]);
  const version = dice.chance(0.85)
    ? "HTTP/1.1"
    : dice.pick(["HTTP/1.0", "HTTP/2.0", "HTTP/1.2", "http/1.1", "HTTP/1", "", "HTTP/1.1 "]);
  const line = dice.chance(0.95) ? "\r\n" : "\n";
  const heads = [
    dice.chance(0.9) ? "host: x" : dice.pick(["", "host: x\r\nhost: y", "host:", `host: ${hostileText(dice, 100)}`]),
    dice.chance(0.8) ? "content-type: application/json" : `content-type: ${hostileText(dice, 100)}`,
    `x-request-id: ${dice.id}`,
    ...Array.from({ length: dice.length(4) - 1 }, () => oddLine(dice)),
    ...(dice.chance(0.02) ? Array.from({ length: 3000 }, (_, i) => `x-${i}: 1`) : []),
  ];
  const [lengthHead, content] = oddLength(dice, body);
  const head = [`${method} ${target} ${version}`, ...heads, lengthHead].filter((one) => one !== "").join(line);
  const one = Buffer.concat([Buffer.from(head + line + line), content]);
  return raw(dice, dice.chance(0.1) ? Buffer.concat([one, one, one]) : one);
}

function oddLine(dice: Dice): string {
  const name = dice.pick([
    "expect",
    "upgrade",
    "connection",
    "te",
    "trailer",
    "range",
    "content-encoding",
    "accept",
    "cookie",
    " folded",
    "x y",
    "x\u0000",
    "",
    "transfer-encoding",
  ]);
  const value = dice.pick([
    "100-continue",
    "h2c",
    "websocket",
    "upgrade",
    "close",
    "keep-alive",
    "trailers",
    "gzip",
    "chunked",
    "identity",
    hostileText(dice, 5000),
  ]);
  return `${name}: ${value}`;
}

/** How the length of a body is stated, mostly wrong. */
function oddLength(dice: Dice, body: Buffer): readonly [head: string, content: Buffer] {
  switch (dice.below(8)) {
    case 0:
      return [
        `content-length: ${dice.pick(["-1", "+5", "1e3", "0x10", "99999999999999999999", "1, 2", "", String(body.length + 9)])}`,
        body,
      ];
    case 1:
      return [`content-length: ${body.length}\r\ncontent-length: ${dice.below(99)}`, body];
    case 2:
      return [`content-length: ${body.length}\r\ntransfer-encoding: chunked`, chunked(dice, body)];
    case 3:
      return ["transfer-encoding: chunked", chunked(dice, body)];
    case 4:
      return [
        "transfer-encoding: chunked",
        Buffer.from(
          dice.pick([
            "zz\r\n",
            "fffffffffffffffff\r\nx",
            "-1\r\n",
            "0\r\n",
            "5;a=b\r\nhello",
            `5;${"x".repeat(20_000)}\r\nhello\r\n0\r\n\r\n`,
            `0\r\n${"t: 1\r\n".repeat(3000)}\r\n`,
          ]),
        ),
      ];
    case 5:
      return [
        `transfer-encoding: ${dice.pick(["xchunked", "chunked, chunked", "gzip, chunked", "\u000bchunked"])}`,
        chunked(dice, body),
      ];
    case 6:
      return ["", body];
    default:
      return [`content-length: ${body.length}`, body];
  }
}

function chunked(dice: Dice, body: Buffer): Buffer {
  const at = dice.below(body.length + 1);
  const chunk = (part: Buffer): Buffer =>
    Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n")]);
  return Buffer.concat([
    ...(at > 0 ? [chunk(body.subarray(0, at))] : []),
    ...(at < body.length ? [chunk(body.subarray(at))] : []),
    Buffer.from("0\r\n\r\n"),
  ]);
}
