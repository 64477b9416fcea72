import { describe, expect, it } from "vitest";
import { ExchangeFailure } from "../../src/upstream/http/exchange.ts";
import { errorFromFailure, errorFromStatus } from "../../src/upstream/http/upstream-error.ts";
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
    const answer = { status, body: Buffer.from(body), retryAfter: undefined, attempts: 1 };
    expect(errorFromStatus(model, answer, { pathHint: "" }).unprocessed).toBe(unprocessed);
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
