import { describe, expect, it } from "vitest";
import { ExchangeFailure } from "../../src/upstream/http/exchange.ts";
import { errorFromFailure, errorFromStatus, retryAfterMs } from "../../src/upstream/http/upstream-error.ts";
import { registered } from "../support/registered.ts";

const model = registered();

describe("an answer of a model server", () => {
  it.each<[number, string, boolean]>([
    [503, '{"error":"Model with name x is not ready."}', true],
    [503, "no healthy upstream", true],
    [503, "upstream connect error or disconnect/reset before headers. reset reason: connection failure", true],
    [503, "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure", true],
    [503, "upstream connect error or disconnect/reset before headers. reset reason: connection termination", false],
    [503, "Service Unavailable", false],
    [502, '{"error":"Model with name x is not ready."}', false],
    [500, '{"error":"the cache is not ready"}', false],
    [429, "is not ready", false],
  ])("with HTTP %i and %j says that nobody has begun: %s", (status, body, unprocessed) => {
    const answer = { status, body: Buffer.from(body), retryAfter: undefined, location: undefined, attempts: 1 };
    expect(errorFromStatus(model, answer, { pathHint: () => "" }).unprocessed).toBe(unprocessed);
  });
});

describe("the time to try again", () => {
  const now = Date.parse("2026-11-26T12:00:00Z");

  it.each<[string | undefined, number]>([
    [undefined, 1000],
    ["7", 7000],
    ["0", 0],
    ["100000", 60_000],
    ["Thu, 26 Nov 2026 12:00:12 GMT", 12_000],
    ["Thursday, 26-Nov-26 12:00:12 GMT", 12_000],
    ["Thu Nov 26 12:00:12 2026 GMT", 12_000],
    ["Thu, 26 Nov 2026 13:00:00 GMT", 60_000],
    ["Thu, 26 Nov 2026 11:00:00 GMT", 1000],
    ["soon", 1000],
    ["Thu, 99 Nov 2026", 1000],
    ["-1", 1000],
    ["1.5", 1000],
  ])("is read from retry-after: %s", (header, ms) => {
    expect(retryAfterMs(header, now)).toBe(ms);
  });
});

describe("a connection that fails", () => {
  it.each(["EMFILE", "ENFILE", "EADDRNOTAVAIL"])("with %s is no fault of the model", (code) => {
    const failure = new ExchangeFailure(Object.assign(new Error(code), { code }), true);
    expect(errorFromFailure(model, failure, 3)).toMatchObject({
      reason: "SERVER_OVERLOADED",
      message: `This server can open no more connections to models (${code})`,
      retryAfterMs: 1000,
      metadata: { model: model.name },
    });
  });
});
