import { findTrailerError } from "@connectrpc/connect/protocol-grpc";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toConnectError } from "../../../src/api/error.ts";
import { maxTrailerBytes } from "../../../src/api/error-details.ts";
import { escapeGrpcMessage, grpcTrailers } from "../../../src/api/rpc/grpc-trailers.ts";
import { errorReasons, RegistryError } from "../../../src/registry/registry-error.ts";
import { partsOf } from "../../support/error-details.ts";

/** What HTTP/2 counts (RFC 9113, 6.5.2). */
function sizeOf(trailers: Headers): number {
  return [...trailers].reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
}

const text = fc.oneof(
  fc.string({ maxLength: 200 }),
  fc.string({ maxLength: 5000, unit: "binary" }),
  fc.tuple(fc.constantFrom("a", "%", "ü", "漢", "🙂", "\n", "\ud800"), fc.nat(6000)).map(([c, n]) => c.repeat(n)),
);

const error = fc
  .record({
    reason: fc.constantFrom(...errorReasons),
    message: text,
    metadata: fc.record({ model: text, namespace: text }, { requiredKeys: [] }),
    violations: fc.array(fc.record({ field: text, description: text }), { maxLength: 25 }),
    more: fc.nat(1e9),
    retryAfterMs: fc.option(fc.nat(1e9), { nil: undefined }),
    failure: fc.option(
      fc.record({
        stage: fc.constantFrom("resolve" as const, "answer" as const),
        upstreamStatus: fc.nat(599),
        upstreamBody: text,
        attempts: fc.nat(9),
        hint: text,
      }),
      { nil: undefined },
    ),
  })
  .map(({ reason, message, more, retryAfterMs, failure, ...rest }) => {
    const violationCount = rest.violations.length === 0 ? 0 : rest.violations.length + more;
    return new RegistryError(reason, message, {
      ...rest,
      violationCount,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(failure === undefined ? {} : { failure }),
    });
  });

describe("the trailers of an error", () => {
  it("stay within 6 KiB, whatever the error says", () => {
    fc.assert(
      fc.property(error, (one) => {
        const trailers = grpcTrailers(toConnectError(one));
        expect(sizeOf(trailers)).toBeLessThanOrEqual(maxTrailerBytes);
        const { reason, fields = [], failure } = partsOf(findTrailerError(trailers)!);
        expect(reason).toBe(one.reason);
        expect(failure === undefined).toBe(one.failure === undefined);
        // At least the first wrong field is named.
        if (one.violations.length > 0) expect(fields.length).toBeGreaterThanOrEqual(1);
      }),
      { numRuns: 300 },
    );
  });

  it("name wrong fields as far as they fit, and count the others", () => {
    const violations = Array.from({ length: 20 }, (_, i) => ({
      field: `instances[0].feature_${i}`,
      description: `expected one of ${Array.from({ length: 12 }, (_, j) => `"allowed-value-${j}"`).join(", ")}`,
    }));
    const sent = toConnectError(
      new RegistryError("INVALID_INSTANCE", "instances[0].feature_0: wrong (and 29 more)", {
        metadata: { model: "m", namespace: "n" },
        violations,
        violationCount: 30,
        failure: { stage: "check" },
      }),
    );
    const trailers = grpcTrailers(sent);
    expect(sizeOf(trailers)).toBeLessThanOrEqual(maxTrailerBytes);
    const [badRequest] = findTrailerError(trailers)!.details.slice(-1) as { type: string }[];
    expect(badRequest?.type).toBe("google.rpc.BadRequest");
    const detail = sent.details.at(-1) as unknown as {
      value: { fieldViolations: { field: string; description: string }[] };
    };
    const named = detail.value.fieldViolations.slice(0, -1);
    expect(named).toEqual(violations.slice(0, named.length).map((violation) => expect.objectContaining(violation)));
    expect(named.length).toBeGreaterThanOrEqual(5);
    expect(detail.value.fieldViolations.at(-1)).toMatchObject({
      field: "instances",
      description: `${30 - named.length} more are wrong`,
    });
  });

  it.each([
    ["HTTP 429): slow down, 'please' [x]/~", "HTTP 429): slow down, 'please' [x]/~"],
    ["100%", "100%25"],
    ["a\nb\tc\u007f", "a%0Ab%09c%7F"],
    ["größer 漢 🙂", "gr%C3%B6%C3%9Fer %E6%BC%A2 %F0%9F%99%82"],
    ["\ud800", "%EF%BF%BD"],
  ])("escape no more of %j than the gRPC specification says", (message, escaped) => {
    expect(escapeGrpcMessage(message)).toBe(escaped);
  });
});
