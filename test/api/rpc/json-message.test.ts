import { fromJsonString } from "@bufbuild/protobuf";
import { StructSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { parseJsonMessage } from "../../../src/api/rpc/json-message.ts";

const parse = (text: string) => parseJsonMessage(Buffer.from(text), StructSchema);
const messageOf = (act: () => unknown): string => {
  try {
    act();
    return "";
  } catch (error) {
    return (error as { rawMessage?: string }).rawMessage ?? (error as Error).message;
  }
};

describe("the JSON of a message", () => {
  it.each([
    "{}",
    "[]",
    "null",
    '"a"',
    '{"a":"a","b":["a","a"],"c":{"a":1},"d":[{"a":1},{"a":2}]}',
    String.raw`{"a\"":1,"a":"\\","b":"\"a\":","\\":["\\\\",{"\\":","}],"c,":",\"c,\""}`,
    '{"__proto__":{"__proto__":1},"constructor":{}}',
    ' { "a" : "é🙂\u2028" , "é🙂" : [ { } , [ ] , -1.5e3 , true ] } ',
  ])("is parsed: %s", (text) => {
    expect(parse(text)).toEqual(JSON.parse(text));
  });

  it.each([
    '{"a":1,"a":2}',
    '{"a":1,"b":{"c":[{"d":1},{"d":2,"d":3}]}}',
    '{"a":{"x":1},"b":[1,2],"a":{}}',
    String.raw`{"é":1,"\u00e9":2}`,
    String.raw`{"\"":1,"\u0022":2}`,
    '{"__proto__":1,"__proto__":2}',
    "",
    "{",
    '{"a":1,}',
    "{'a':1}",
  ])("is refused as Connect refuses it: %s", (text) => {
    const refusal = messageOf(() => parse(text));
    expect(refusal).not.toBe("");
    expect(refusal).toBe(messageOf(() => fromJsonString(StructSchema, text)));
  });
});
