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
import { hostileBody, hostileJson } from "./hostile-json.ts";
import { hostileProtobuf } from "./hostile-protobuf.ts";
import { hostileText } from "./hostile-text.ts";
import { type HttpInput, http1Bytes, type Input, type RawInput } from "./input.ts";
import { mutate } from "./mutate.ts";
import { type ValidRpc, validRest, validRpcs } from "./valid-requests.ts";

type Header = readonly [name: string, value: string];

/** One way in, and how an input for it is made. */
export interface Surface {
  readonly name: string;
  readonly title: string;
  readonly make: (dice: Dice) => Input;
}

/** Every way in. Inputs are spread over them evenly. */
export const surfaces: readonly Surface[] = [
  { name: "raw", title: "raw sockets: other protocols, noise, parts of a request", make: rawBytes },
  { name: "http1", title: "HTTP/1.1: changed bytes of good requests", make: changedHttp1 },
  { name: "http1-grammar", title: "HTTP/1.1: heads and bodies against the grammar", make: oddHttp1 },
  { name: "http2", title: "HTTP/2: changed bytes of good connections", make: changedHttp2 },
  { name: "http2-grammar", title: "HTTP/2: frames against the grammar", make: oddHttp2 },
  { name: "grpc-frames", title: "envelopes of gRPC and gRPC-Web", make: oddEnvelopes },
  { name: "protobuf", title: "protobuf messages", make: oddProtobuf },
  { name: "json", title: "JSON of Connect and REST", make: oddJson },
  { name: "names", title: "names of models, services and namespaces", make: oddNames },
  { name: "tokens", title: "page tokens and resume tokens", make: oddTokens },
  { name: "paths", title: "paths and methods", make: oddPaths },
  { name: "queries", title: "queries, and messages in them", make: oddQueries },
  { name: "headers", title: "headers", make: oddHeaders },
];

const protocols = ["connect-json", "connect", "grpc-web", "grpc"] as const;
const methods = [
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
const jsonType: Header = ["content-type", "application/json"];

function idOf({ id }: Dice): Header {
  return ["x-request-id", id];
}

/** A request for a message, in a protocol that the dice choose. gRPC is for HTTP/2, but who knows what a caller does. */
function rpcInput(dice: Dice, path: string, binary: Buffer | undefined, json: string, streams: boolean): HttpInput {
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

function validInput(dice: Dice, rpc: ValidRpc = dice.pick(validRpcs)): HttpInput {
  return rpcInput(dice, rpc.path, rpc.binary, rpc.json, rpc.streams);
}

function restInput(dice: Dice, { method, path, body } = dice.pick(validRest)): HttpInput {
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

function anyInput(dice: Dice): HttpInput {
  return dice.chance(0.5) ? validInput(dice) : restInput(dice);
}

/** Bytes on a connection: whole, or in pieces that come one after the other. */
function raw(dice: Dice, bytes: Buffer): RawInput {
  const at = dice.below(bytes.length + 1);
  const chunks = dice.chance(0.3) ? [bytes.subarray(0, at), bytes.subarray(at)] : [bytes];
  const end = dice.chance(0.8) ? "half-close" : dice.chance(0.7) ? "reset" : "wait";
  return { kind: "raw", chunks: chunks.filter(({ length }) => length > 0), end };
}

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

function rawBytes(dice: Dice): Input {
  if (dice.chance(0.4)) return raw(dice, Buffer.from(dice.pick(otherProtocols), "latin1"));
  if (dice.chance(0.5)) return raw(dice, dice.bytes(dice.length(2000)));
  return raw(dice, http1Bytes(anyInput(dice)).subarray(0, 1 + dice.below(200)));
}

function changedHttp1(dice: Dice): Input {
  const others = Array.from({ length: 3 }, () => http1Bytes(anyInput(dice)));
  return raw(dice, mutate(http1Bytes(anyInput(dice)), dice, others));
}

function oddHttp1(dice: Dice): Input {
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

/** How the length of a body is told, mostly wrong. */
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

/** The bytes of a connection with one good request per stream. */
function http2Bytes(inputs: readonly HttpInput[]): Buffer {
  const settings = http2Frame(frameTypes.settings, 0, 0, Buffer.alloc(0));
  const streams = inputs.flatMap((input, i) => requestFrames(input, 2 * i + 1));
  return Buffer.concat([preface, settings, ...streams]);
}

function requestFrames({ method, path, headers, body }: HttpInput, stream: number): Buffer[] {
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

function changedHttp2(dice: Dice): Input {
  const bytes = http2Bytes([anyInput(dice), anyInput(dice)]);
  const changed = mutate(bytes.subarray(preface.length), dice, [bytes]);
  return raw(dice, Buffer.concat([preface, changed]));
}

function oddHttp2(dice: Dice): Input {
  const frames = Array.from({ length: 1 + dice.length(12) }, () => oddFrame(dice));
  const first = dice.chance(0.9) ? [http2Frame(frameTypes.settings, 0, 0, Buffer.alloc(0))] : [];
  return raw(dice, Buffer.concat([preface, ...first, ...frames.flat()]));
}

function oddFrame(dice: Dice): Buffer[] {
  const stream = dice.pick([0, 1, 1, 1, 3, 3, 5, 2, 0x7fffffff, 0xffffffff]);
  const { data, headers, rstStream, settings, ping, goaway, windowUpdate, continuation, priority, pushPromise } =
    frameTypes;
  switch (dice.below(12)) {
    case 0:
      return [http2Frame(data, dice.below(256), stream, dice.bytes(dice.length(500)))];
    case 1:
      return [
        http2Frame(
          settings,
          dice.below(2),
          0,
          Buffer.concat(Array.from({ length: dice.length(50) }, () => setting(dice))),
        ),
      ];
    case 2:
      return Array.from({ length: dice.length(100) }, () => http2Frame(ping, dice.below(2), 0, dice.bytes(8)));
    case 3:
      return [
        http2Frame(
          windowUpdate,
          0,
          stream,
          dice.pick([Buffer.alloc(4), Buffer.from([0x7f, 255, 255, 255]), dice.bytes(4), dice.bytes(3)]),
        ),
      ];
    case 4:
      return [http2Frame(goaway, 0, 0, dice.bytes(8 + dice.length(100)))];
    case 5:
      return [
        http2Frame(headers, dice.chance(0.5) ? endHeaders : dice.below(256), stream, dice.bytes(dice.length(300))),
      ];
    case 6: {
      // CONTINUATION frames without end (CVE-2024-27316).
      const block = headerBlock([
        [":method", "GET"],
        [":scheme", "http"],
        [":path", "/livez"],
      ]);
      const more = Array.from({ length: dice.length(200) }, () =>
        http2Frame(continuation, 0, 1, headerBlock([["x", "y".repeat(100)]])),
      );
      return [http2Frame(headers, endStream, 1, block), ...more];
    }
    case 7: {
      // Streams that are reset as they open (CVE-2023-44487).
      return Array.from({ length: dice.length(60) }, (_, i) => [
        ...requestFrames(anyInput(dice), 2 * i + 1),
        http2Frame(rstStream, 0, 2 * i + 1, Buffer.from([0, 0, 0, 8])),
      ]).flat();
    }
    case 8:
      return [
        http2Frame(dice.pick([priority, pushPromise, rstStream]), dice.below(256), stream, dice.bytes(dice.length(10))),
      ];
    case 9:
      return [http2Frame(dice.below(256), dice.below(256), stream, dice.bytes(dice.length(100)))];
    case 10:
      return [
        http2Frame(
          dice.below(10),
          dice.below(256),
          stream,
          dice.bytes(20),
          dice.pick([0, 19, 21, 16_384, 16_385, 0xffffff]),
        ),
      ];
    default:
      return requestFrames({ ...anyInput(dice), headers: oddHeaderList(dice) }, dice.pick([1, 3, 5, 7]));
  }
}

function setting(dice: Dice): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt16BE(dice.below(10));
  bytes.writeUInt32BE(dice.pick([0, 1, 0x7fffffff, 0xffffffff, 16_384, dice.below(2 ** 31)]), 2);
  return bytes;
}

function oddHeaderList(dice: Dice): Header[] {
  const names = [
    ":path",
    ":status",
    ":method",
    "Upper",
    "connection",
    "te",
    "transfer-encoding",
    "content-length",
    "x\u0000",
    "",
    "host",
    "content-type",
    "grpc-timeout",
    "cookie",
  ];
  return Array.from({ length: dice.length(10) }, () => [dice.pick(names), hostileText(dice, 2000)] as const);
}

function oddEnvelopes(dice: Dice): Input {
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

function oddProtobuf(dice: Dice): Input {
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

function oddJson(dice: Dice): Input {
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

function oddNames(dice: Dice): Input {
  const name = hostileText(dice);
  if (dice.chance(0.4)) {
    const segment = dice.chance(0.7) ? encodeURIComponent(name.toWellFormed()) : name;
    const path = dice
      .pick([
        "/v1/models/{}:predict",
        "/v1/models/{}",
        "/api/v1/models/{}",
        "/api/v1/models/{}/predict",
        "/api/v1/models/{}/evaluate",
        "/api/v1/models/{}/contract",
        "/kserve.models.{}.v1.X/Predict",
        "/{}/Predict",
      ])
      .replace("{}", () => segment);
    return restInput(dice, { method: dice.pick(["GET", "POST"]), path, body: '{"instances":[[1]]}' });
  }
  const rpc = dice.pick(["Predict", "GetModel", "EvaluateModel", "ListModels", "WatchModels"]);
  const message =
    rpc === "ListModels" || rpc === "WatchModels"
      ? { namespace: name, trigger: hostileText(dice, 200), type: dice.pick(["MODEL_TYPE_ANOMALY", 1, 99, name]) }
      : { name, ...(rpc === "GetModel" ? {} : { instances: [[1]] }) };
  return rpcInput(
    dice,
    `/kserve.registry.v1.ModelRegistry/${rpc}`,
    undefined,
    JSON.stringify(message),
    rpc === "WatchModels",
  );
}

function oddTokens(dice: Dice): Input {
  const tokens = [
    "YW5vbWFseS1kZXRlY3Rvcg",
    "eyJhIjoxfQ",
    "YW5vbWFseS1kZXRlY3Rvcg.0123abcd",
    "W10",
    "e30=",
    "AAAA",
    "____",
    "1",
    "0:0",
  ];
  const token = dice.chance(0.5)
    ? mutate(Buffer.from(dice.pick(tokens)), dice, [Buffer.from("W10")]).toString("latin1")
    : hostileText(dice);
  if (dice.chance(0.3))
    return restInput(dice, {
      method: "GET",
      path: `/api/v1/models?pageToken=${encodeURIComponent(token.toWellFormed())}&pageSize=${dice.pick(["1", "-1", "0", "1e9", "", "x", "99999999999"])}`,
    });
  if (dice.chance(0.5))
    return rpcInput(
      dice,
      "/kserve.registry.v1.ModelRegistry/WatchModels",
      undefined,
      JSON.stringify({ resumeToken: token }),
      true,
    );
  return rpcInput(
    dice,
    "/kserve.registry.v1.ModelRegistry/ListModels",
    undefined,
    JSON.stringify({ pageToken: token, pageSize: dice.pick([1, -1, 0, 1e9, 1.5, "x"]) }),
    false,
  );
}

function oddPaths(dice: Dice): Input {
  const good = anyInput(dice);
  const part = hostileText(dice, 20_000).split(/\s/).join("+").replaceAll("\u0000", "+");
  const at = dice.below(good.path.length);
  const path = dice.pick([
    `/${part}`,
    good.path.slice(0, at) + part + good.path.slice(at),
    good.path.replaceAll("/", dice.pick(["//", "/./", "/x/../", "%2F", "\\", ";/"])),
    good.path + dice.pick(["/", "//", "?", "#", "%00", ":predict", ":explain", ";a=b", ".json"]),
    good.path.toUpperCase(),
    `http://other.example${good.path}`,
  ]);
  const method = dice.chance(0.7) ? good.method : dice.pick(methods.filter((one) => /^[A-Z]+$/.test(one)));
  return { ...good, path, method };
}

function oddQueries(dice: Dice): Input {
  const pairs = Array.from({ length: 1 + dice.length(30) }, () => {
    const name = dice.pick([
      "type",
      "namespace",
      "trigger",
      "pageSize",
      "pageToken",
      "format",
      "message",
      "encoding",
      "base64",
      "compression",
      "connect",
      "__proto__",
      hostileText(dice, 50),
    ]);
    const value = dice.pick([
      "json",
      "proto",
      "1",
      "v1",
      "gzip",
      "{}",
      "e30",
      '{"name":"anomaly-detector"}',
      hostileText(dice, 1000),
    ]);
    return dice.chance(0.9)
      ? `${encodeURIComponent(name.toWellFormed())}=${encodeURIComponent(value.toWellFormed())}`
      : encodeURI(name.toWellFormed()).slice(0, 40);
  });
  const paths = [
    ...validRest.filter(({ method }) => method === "GET").map(({ path }) => path.split("?")[0]!),
    ...validRpcs.map(({ path }) => path),
  ];
  return restInput(dice, {
    method: "GET",
    path: `${dice.pick(paths)}?${pairs.join(dice.chance(0.95) ? "&" : "&&?=&")}`,
  });
}

const headerNames = [
  "grpc-timeout", "connect-timeout-ms", "connect-protocol-version", "content-type", "content-encoding", "grpc-encoding",
  "grpc-accept-encoding", "accept-encoding", "connect-accept-encoding", "traceparent", "tracestate", "x-request-id",
  "x-b3-traceid", "ce-id", "authorization", "origin", "access-control-request-method", "accept", "expect", "range",
  "if-none-match", "user-agent", "x-forwarded-for", "custom-bin", "cookie",
] as const; // biome-ignore format: one name after the other

const headerValues = [
  "", "0", "-1", "1", "1S", "99999999H", "999999999S", "1e3m", "10000000000", "10000000001", "1.5", "NaN", "gzip", "br",
  "gzip, deflate", "identity", "*", "application/json", "application/json; charset=utf-16", "application/grpc+json", "text/plain",
  "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-00-00-00", "ff-0-0-0", "100-continue", "Bearer x", "null",
  "bytes=0-0", "https://evil.example", "a=1,b=2", "AAA=", "é",
] as const; // biome-ignore format: one value after the other

function oddHeaders(dice: Dice): Input {
  const good = anyInput(dice);
  const odd = Array.from(
    { length: dice.length(8) },
    (): Header => [
      dice.pick(headerNames),
      dice.chance(0.8)
        ? dice.pick(headerValues)
        : hostileText(dice, 5000).replaceAll(/\s/g, " ").replaceAll("\u0000", " "),
    ],
  );
  const taken = new Set(odd.map(([name]) => name));
  const headers = [...good.headers.filter(([name]) => !taken.has(name)), ...odd];
  if (good.version === 1) return { ...good, headers };
  // A client library would refuse to send many of them.
  return { kind: "raw", chunks: [http2Bytes([{ ...good, headers }])], end: "half-close" };
}
