import type { Access } from "../registry/access.ts";
import { badToken, digestOf } from "./bearer-token.ts";
import { checkFailed } from "./check-failed.ts";
import { DecisionCache } from "./decision-cache.ts";
import { FairQueue, QueueFull } from "./fair-queue.ts";
import type { Authenticate } from "./guard.ts";

/** What the API server is asked through. */
export interface Reviewer {
  /** Posts a review, and returns it as the API server has filled it in. Rejects when none comes. */
  review(path: string, review: object): Promise<object>;
}

export interface KubernetesOptions {
  readonly reviewer: Reviewer;
  /** One of these has to be among the audiences of a token. Empty: the API server's own. */
  readonly audiences: readonly string[];
  /** How long it is good that a caller may use a model, in milliseconds. */
  readonly ttlMs: number;
  /** The namespace that records of the registry of versions are asked for in. */
  readonly versionsNamespace: string;
}

/** Who a token is of, as a `TokenReview` says, and as a `SubjectAccessReview` names them. */
interface User {
  readonly username?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

interface TokenReview {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly audiences?: readonly string[];
    readonly user?: User;
  };
}

interface SubjectAccessReview {
  readonly status?: { readonly allowed?: boolean };
}

/**
 * How the API server is asked. Reviews of tokens and of access each have their share of it, so that a flood of junk tokens
 * holds up no caller who is known; of tokens each address, of access each caller has a part.
 */
const share = { maxRunning: 16, maxRunningEach: 8, maxWaitingEach: 2000 } as const;

const tokenReviews = "/apis/authentication.k8s.io/v1/tokenreviews";
const accessReviews = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

/**
 * Leaves to the Kubernetes API server who a token is of (TokenReview), and which models they may use: those whose
 * InferenceServices they may `get`, by the names that are registered, and which records of the registry of versions
 * (SubjectAccessReview).
 */
export function createKubernetes({ reviewer, audiences, ttlMs, versionsNamespace }: KubernetesOptions): Authenticate {
  const decisions = new DecisionCache<boolean>({ ttlMs, maxEntries: 100_000 });
  const queues = { tokens: new FairQueue(share), access: new FairQueue(share) };
  return async (token, peer) => {
    const spec = audiences.length === 0 ? { token } : { token, audiences };
    const review = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec };
    const { status } = await ask<TokenReview>(reviewer, tokenReviews, review, queues.tokens, peer.remoteAddress ?? "");
    const { user } = status ?? {};
    if (status?.authenticated !== true || user?.username === undefined) {
      throw badToken("the Kubernetes API server does not know it, or it has expired, or is for another audience");
    }
    // An API server that has not heard of audiences answers without them.
    if (audiences.length > 0 && !audiences.some((audience) => status.audiences?.includes(audience))) {
      throw badToken("it is for another audience");
    }
    return { access: accessOf(user, reviewer, decisions, queues.access, versionsNamespace), untilMs: Infinity };
  };
}

function accessOf(
  user: User,
  reviewer: Reviewer,
  decisions: DecisionCache<boolean>,
  queue: FairQueue,
  versionsNamespace: string,
): Access {
  const userKey = digestOf(JSON.stringify(user));
  // An empty namespace means all of them, and an empty name every name.
  const may = (action: Action): Promise<boolean> =>
    decisions.get(keyOf(userKey, action), async () => {
      const { username, uid, groups, extra } = user;
      const { namespace, name, ...what } = action;
      const resourceAttributes = {
        ...what,
        ...(namespace === "" ? {} : { namespace }),
        ...(name === "" ? {} : { name }),
      };
      const spec = { user: username, uid, groups, extra, resourceAttributes };
      const review = { apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec };
      const { status } = await ask<SubjectAccessReview>(reviewer, accessReviews, review, queue, userKey);
      return status?.allowed === true;
    });
  const isKnown = (action: Action): boolean => decisions.peek(keyOf(userKey, action)) === true;
  return {
    caller: user.username,
    mayUseAll: (namespace = "") => may(getModel(namespace, "")),
    mayUse({ name, namespace }) {
      // What is known of all models is known of this one.
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

async function ask<T>(reviewer: Reviewer, path: string, review: object, queue: FairQueue, party: string): Promise<T> {
  try {
    return (await queue.run(party, () => reviewer.review(path, review))) as T;
  } catch (error) {
    const failed = "The Kubernetes API server could not be asked what the caller may do";
    throw checkFailed(error instanceof QueueFull ? `${failed}: too many questions of this caller wait` : failed, error);
  }
}
