import { describe, expect, it } from "vitest";
import { frame } from "../support/frame.ts";
import { httpVersions, jsonOf, send } from "../support/http-client.ts";
import { binaryFormats, jsonFormats, sendRpc } from "../support/raw-rpc.ts";
import { model } from "../support/running-service.ts";
import { abusedService } from "./abused-service.ts";

const abused = abusedService();
const path = "/kserve.registry.v1.ModelRegistry/Predict";

const nested = (depth: number, open = "[", close = "]"): string => open.repeat(depth) + close.repeat(depth);

describe.each(jsonFormats)("JSON over $name", (format) => {
  it.each<[number, string, string]>([
    [65, "instances", nested(65)],
    [10_000, "instances", nested(10_000)],
    [40_000, "instances", nested(40_000)],
    [10_000, "instances", `[${nested(10_000, '{"a":', "}").replace(":}", ":1}")}]`],
    [10_000, "parameters", `{"a":${nested(10_000)}}`],
  ])("that is %i deep in %s is refused", async (_depth, field, value) => {
    const others = field === "parameters" ? `,"instances":[[1]]` : "";
    const body = `{"name":"${model}","${field}":${value}${others}}`;
    const answer = await sendRpc(format, { url: abused.service.url, path, body });
    expect(answer).toMatchObject({ code: "InvalidArgument", reason: "INVALID_REQUEST" });
    expect(answer.message).toMatch(/nested deeper than \d+|recursion depth of \d+/);
  });

  it("that is as deep as the limit is taken", async () => {
    const body = `{"name":"${model}","instances":${nested(62)}}`;
    expect((await sendRpc(format, { url: abused.service.url, path, body })).code).toBe("ok");
  });
});

/** A PredictRequest whose one instance is a list in a list, so many times. */
function nestedMessage(depth: number): Buffer {
  // From the inside out, back to front: each level adds the heads of a Value and of the ListValue that it is in.
  const pieces: Buffer[] = [Buffer.from("0800", "hex")];
  let length = 2;
  const wrap = (tag: number): void => {
    const head = Buffer.concat([Buffer.from([tag]), varint(length)]);
    pieces.push(head);
    length += head.length;
  };
  const listValueOfValue = 0x32;
  const valuesOfListValue = 0x0a;
  for (let i = 0; i < depth; i++) {
    wrap(valuesOfListValue);
    wrap(listValueOfValue);
  }
  wrap(valuesOfListValue);
  wrap(0x12);
  const name = Buffer.concat([Buffer.from([0x0a, model.length]), Buffer.from(model)]);
  return Buffer.concat([name, ...pieces.reverse()]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}

describe.each(binaryFormats)("lists in lists over $name", (format) => {
  it.each([100, 10_000, 200_000])("that are %i deep are refused", async (depth) => {
    const message = nestedMessage(depth);
    const body = format.protocol === "connect" ? message : frame(message);
    const answer = await sendRpc(format, { url: abused.service.url, path, body });
    expect(answer).toMatchObject({ code: "InvalidArgument", reason: "INVALID_REQUEST" });
    expect(answer.message).toMatch(/nested deeper than \d+|recursion depth of \d+/);
  });

  it("that are 20 deep are taken", async () => {
    const message = nestedMessage(20);
    const body = format.protocol === "connect" ? message : frame(message);
    expect((await sendRpc(format, { url: abused.service.url, path, body })).code).toBe("ok");
  });
});

describe.each(httpVersions)("REST over HTTP/%s", (version) => {
  it.each([65, 10_000, 1_000_000])("that is %i deep is refused", async (depth) => {
    const body = `{"instances":${nested(depth)}}`;
    const response = await send(version, { url: abused.service.url, path: `/v1/models/${model}:predict`, body });
    expect(response.status).toBe(400);
    expect((jsonOf(response) as { error: string }).error).toMatch(/nested deeper than 64/);
  });
});
