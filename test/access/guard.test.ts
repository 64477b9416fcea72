import { describe, expect, it } from "vitest";
import { badToken } from "../../src/access/bearer-token.ts";
import { createGuard } from "../../src/access/guard.ts";
import { everyone } from "../../src/registry/access.ts";

function guardWith(check: (token: string) => boolean, ttlMs = 60_000) {
  const asked: string[] = [];
  const guard = createGuard({
    certificates: undefined,
    open: () => "closed",
    ttlMs,
    async authenticate(token) {
      asked.push(token);
      if (!check(token)) throw badToken("it is not known");
      return { access: { ...everyone, caller: token }, untilMs: Infinity };
    },
  });
  const admit = (token: string) => guard.admit({ path: "/", authorization: `Bearer ${token}`, peer: {} });
  return { admit, asked };
}

describe("the guard", () => {
  it("does not ask again at once about a token that was refused", async () => {
    const { admit, asked } = guardWith(() => false);
    await expect(admit("junk")).rejects.toMatchObject({ reason: "UNAUTHENTICATED" });
    await expect(admit("junk")).rejects.toMatchObject({ reason: "UNAUTHENTICATED" });
    expect(asked).toEqual(["junk"]);
  });

  it("keeps its cached callers during a flood of invalid tokens", async () => {
    const { admit, asked } = guardWith((token) => token === "good");
    await admit("good");
    await Promise.all(Array.from({ length: 20_000 }, (_, i) => admit(`junk${i}`).catch(() => undefined)));
    await admit("good");
    expect(asked.filter((token) => token === "good")).toHaveLength(1);
  });

  it("asks about every call where nothing is to be kept", async () => {
    const { admit, asked } = guardWith(() => false, 0);
    await expect(admit("junk")).rejects.toThrow();
    await expect(admit("junk")).rejects.toThrow();
    expect(asked).toHaveLength(2);
  });
});
