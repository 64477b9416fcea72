import { digestOf } from "../base/digest-of.ts";
import type { Access } from "../registry/access.ts";
import { DecisionCache } from "./decision-cache.ts";
import type { Authenticate } from "./guard.ts";
import { createKubeReviews, type KubeReviews, type Reviewer, type User } from "./kube-reviews.ts";

export interface KubernetesOptions {
  readonly reviewer: Reviewer;
  /** One of these has to be among the audiences of a token. Empty: the API server's own. */
  readonly audiences: readonly string[];
  /** How long it is good that a caller may use a model, in milliseconds. */
  readonly ttlMs: number;
  /** The namespace that records of the registry of versions are asked for in. */
  readonly versionsNamespace: string;
}

/**
 * Lets the Kubernetes API server decide who a token belongs to (TokenReview), and which models and which records of the
 * registry of versions that user may use (SubjectAccessReview). A model may be used by those who may `get` its
 * InferenceService, looked up by the name that is registered.
 */
export function createKubernetes({ reviewer, audiences, ttlMs, versionsNamespace }: KubernetesOptions): {
  readonly authenticate: Authenticate;
  /** What a user named by a trusted proxy may do. */
  accessOf(user: User): Access;
} {
  const decisions = new DecisionCache<boolean>({ ttlMs, maxEntries: 100_000 });
  const reviews = createKubeReviews(reviewer, audiences);
  const accessOfUser = (user: User): Access => accessOf(user, reviews, decisions, versionsNamespace);
  const authenticate: Authenticate = async (token, peer) => {
    const user = await reviews.userOf(token, peer.remoteAddress ?? "");
    return { access: accessOfUser(user), untilMs: Infinity };
  };
  return { authenticate, accessOf: accessOfUser };
}

function accessOf(
  user: User,
  reviews: KubeReviews,
  decisions: DecisionCache<boolean>,
  versionsNamespace: string,
): Access {
  const userKey = digestOf(JSON.stringify(user));
  // An empty namespace means all of them, and an empty name every name.
  const may = (action: Action): Promise<boolean> =>
    decisions.get(keyOf(userKey, action), () => {
      const { namespace, name, ...what } = action;
      const resourceAttributes = {
        ...what,
        ...(namespace === "" ? {} : { namespace }),
        ...(name === "" ? {} : { name }),
      };
      return reviews.mayDo(user, { resourceAttributes }, userKey);
    });
  const isKnown = (action: Action): boolean => decisions.peek(keyOf(userKey, action)) === true;
  return {
    caller: user.username,
    mayUseAll: (namespace = "") => may(getModel(namespace, "")),
    mayUse({ name, namespace }) {
      // A decision about all models, or about all of a namespace, covers this one.
      if (isKnown(getModel("", "")) || isKnown(getModel(namespace, ""))) return true;
      return may(getModel(namespace, name.slice(name.lastIndexOf("/") + 1)));
    },
    mayKeep(verb, resource, name = "") {
      const action = { group: "versions.kserve-model-registry.io", resource, verb, namespace: versionsNamespace };
      return isKnown({ ...action, name: "" }) || may({ ...action, name });
    },
  };
}

/** What a SubjectAccessReview asks for. */
interface Action {
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
  readonly namespace: string;
  readonly name: string;
}

function getModel(namespace: string, name: string): Action {
  return { group: "serving.kserve.io", resource: "inferenceservices", verb: "get", namespace, name };
}

function keyOf(userKey: string, { group, resource, verb, namespace, name }: Action): string {
  return JSON.stringify([userKey, group, resource, verb, namespace, name]);
}
