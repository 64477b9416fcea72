import { describe, expect, it } from "vitest";
import type { Reviewer } from "../../src/access/kube-reviews.ts";
import { createPathAccess } from "../../src/access/path-access.ts";

/** An API server with one scraper that may get /metrics, and one caller that may not. */
function clusterWith() {
  const asked: { path: string; review: Record<string, Record<string, unknown>> }[] = [];
  const reviewer: Reviewer = {
    async review(path, review) {
      const { spec } = review as { spec: Record<string, unknown> };
      asked.push({ path, review: review as never });
      if (spec.token === "away") throw new Error("connect ECONNREFUSED");
      if (spec.token !== undefined) {
        const user = { username: spec.token, groups: ["scrapers"] };
        return { status: spec.token === "nobody" ? {} : { authenticated: true, user } };
      }
      return { status: { allowed: spec.user === "scraper" } };
    },
  };
  const guard = createPathAccess({ reviewer, audiences: [], ttlMs: 10_000, path: "/metrics" });
  const admit = (authorization: string | undefined) => guard.admit({ path: "/metrics", authorization, peer: {} });
  return { admit, asked };
}

describe("a path of a controller", () => {
  it("is for those whom the cluster lets get it, by their names and groups, and asked for once", async () => {
    const { admit, asked } = clusterWith();
    expect(await admit("Bearer scraper")).toMatchObject({ caller: "scraper" });
    expect(asked.map(({ path }) => path.split("/").at(-1))).toEqual(["tokenreviews", "subjectaccessreviews"]);
    expect(asked[1]!.review.spec).toEqual({
      user: "scraper",
      groups: ["scrapers"],
      nonResourceAttributes: { path: "/metrics", verb: "get" },
    });
    await admit("Bearer scraper");
    expect(asked).toHaveLength(2);
  });

  it.each([
    [undefined, "UNAUTHENTICATED"],
    ["Basic c2NyYXBlcg==", "UNAUTHENTICATED"],
    ["Bearer nobody", "UNAUTHENTICATED"],
    ["Bearer other", "PERMISSION_DENIED"],
    ["Bearer away", "ACCESS_CHECK_FAILED"],
  ])("is closed to %s: %s", async (authorization, reason) => {
    await expect(clusterWith().admit(authorization)).rejects.toMatchObject({ reason });
  });
});
