import { describe, expect, it } from "vitest";
import { modelWords } from "../../src/registry/model-words.ts";
import { readinessFromResponse } from "../../src/upstream/v1/readiness-answer.ts";

describe("a readiness answer", () => {
  it.each([
    [200, '{"name":"m","ready":true}', "ready", ""],
    [200, '{"name":"m"}', "ready", ""],
    [200, '{"name":"m","ready":false}', "not-ready", "says that it is not ready"],
    [200, '{"model_version_status":[{"version":"1","state":"AVAILABLE","status":{}}]}', "ready", ""],
    [
      200,
      '{"model_version_status":[{"version":"2","state":"LOADING"},{"version":"1","state":"AVAILABLE"}]}',
      "ready",
      "",
    ],
    [
      200,
      '{"model_version_status":[{"version":"1","state":"LOADING"}]}',
      "not-ready",
      "no version is AVAILABLE (LOADING)",
    ],
    [200, '{"model_version_status":[]}', "not-ready", "no version is AVAILABLE"],
    [200, "<html>", "not-ready", "something other than JSON"],
    [
      200,
      '{"model_version_status":[{"state":{"toString":1}},{"state":1},null]}',
      "not-ready",
      "no version is AVAILABLE",
    ],
    [200, `[${"[".repeat(50_000)}`, "not-ready", "something other than JSON"],
    [200, `{"model_version_status":[${"{},".repeat(50_000)}{}]}`, "not-ready", "something other than JSON"],
    [503, '{"error":"Model with name m is not ready."}', "not-ready", "HTTP 503: Model with name m is not ready."],
    [404, '{"error":"Model with name m does not exist."}', "not-ready", "HTTP 404: Model with name m does not exist."],
    [502, "", "not-ready", "HTTP 502"],
    [405, "", "unknown", "does not say whether it is ready (HTTP 405)"],
    [501, '{"error":"not implemented"}', "unknown", "does not say whether it is ready (HTTP 501)"],
  ])("of HTTP %i %.100s is %s", (status, body, state, reason) => {
    const readiness = readinessFromResponse(status, Buffer.from(body));
    expect(readiness.state).toBe(state);
    expect(readiness.reason).toContain(reason);
    expect(readiness.checkTime).toBeInstanceOf(Date);
  });
});

describe("the words of a model", () => {
  it.each([
    ['{"error":"X has 7 features"}', "X has 7 features"],
    ['{"detail":"Method Not Allowed"}', "Method Not Allowed"],
    ['{"detail":[{"loc":["body"],"msg":"bad"}]}', '[{"loc":["body"],"msg":"bad"}]'],
    ['{"message":"{\\"error\\":\\"Invalid input\\"}","predictions":null}', '{"error":"Invalid input"}'],
    ["Internal Server Error\n", "Internal Server Error"],
    ['"text"', '"text"'],
    ["", ""],
  ])("%s are %s", (body, words) => {
    expect(modelWords(Buffer.from(body))).toBe(words);
  });

  it("are cut at 1 KiB, and never within a character", () => {
    expect(Buffer.byteLength(modelWords(Buffer.from("x".repeat(5000))))).toBe(1024);
    expect(modelWords(Buffer.from("é".repeat(5000)))).toBe("é".repeat(512));
    expect(modelWords(Buffer.from(`x${"é".repeat(5000)}`))).toBe(`x${"é".repeat(511)}`);
  });
});
