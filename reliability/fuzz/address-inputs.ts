import type { Dice } from "./dice.ts";
import { anyInput, type Header, http2Bytes, restInput, rpcInput } from "./good-input.ts";
import { hostileText } from "./hostile-text.ts";
import { methods } from "./http1-inputs.ts";
import type { Input } from "./input.ts";
import { mutate } from "./mutate.ts";
import { validRest, validRpcs } from "./valid-requests.ts";

/** Hostile names of models, namespaces and services, wherever one is taken. */
export function oddNames(dice: Dice): Input {
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

/** Tokens of pages and watches that were never given out. */
export function oddTokens(dice: Dice): Input {
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

/** Paths and methods that are not there, or nearly are. */
export function oddPaths(dice: Dice): Input {
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

/** Queries that no route takes, and messages in queries. */
export function oddQueries(dice: Dice): Input {
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

/** Good requests with headers that are none. */
export function oddHeaders(dice: Dice): Input {
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
