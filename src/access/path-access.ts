import { digestOf } from "../base/digest-of.ts";
import { everyone } from "../registry/access.ts";
import { RegistryError } from "../registry/registry-error.ts";
import { createGuard, type Guard } from "./guard.ts";
import { createKubeReviews, type Reviewer } from "./kube-reviews.ts";

export interface PathAccessOptions {
  readonly reviewer: Reviewer;
  /** One of these has to be among the audiences of a token. Empty: the API server's own. */
  readonly audiences: readonly string[];
  /** How long it is good that a caller may get the path, in milliseconds. */
  readonly ttlMs: number;
  /** Such as `/metrics`. */
  readonly path: string;
}

/**
 * Admits those whom the cluster's RBAC lets `get` one path: a ClusterRole with `nonResourceURLs`, as the API server and
 * controllers protect their own metrics.
 */
export function createPathAccess({ reviewer, audiences, ttlMs, path }: PathAccessOptions): Guard {
  const reviews = createKubeReviews(reviewer, audiences);
  return createGuard({
    certificates: undefined,
    open: () => "closed",
    ttlMs,
    authenticate: async (token, peer) => {
      const user = await reviews.userOf(token, peer.remoteAddress ?? "");
      const nonResourceAttributes = { path, verb: "get" };
      const allowed = await reviews.mayDo(user, { nonResourceAttributes }, digestOf(JSON.stringify(user)));
      if (allowed) return { access: { ...everyone, caller: user.username }, untilMs: Infinity };
      throw new RegistryError(
        "PERMISSION_DENIED",
        `${user.username} may not get ${path}; bind a ClusterRole with nonResourceURLs: [${path}] and verbs: [get]`,
      );
    },
  });
}
