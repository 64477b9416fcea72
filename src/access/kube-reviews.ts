import { badToken, checkFailed } from "./bearer-token.ts";
import { FairQueue, QueueFull } from "./fair-queue.ts";

/** Sends reviews to the API server. */
export interface Reviewer {
  /** Posts a review and returns it with the API server's answer. Rejects when there is none. */
  review(path: string, review: object): Promise<object>;
}

/** The user that a `TokenReview` finds a token to belong to, in the form that a `SubjectAccessReview` takes. */
export interface User {
  readonly username: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/**
 * The questions that the Kubernetes API server is asked. Each throws RegistryError ACCESS_CHECK_FAILED when it gets no
 * answer.
 */
export interface KubeReviews {
  /**
   * Who a token belongs to.
   *
   * @param party who waits for the answer: an address
   * @throws RegistryError UNAUTHENTICATED
   */
  userOf(token: string, party: string): Promise<User>;
  /**
   * Whether a user may do something.
   *
   * @param attributes `resourceAttributes` or `nonResourceAttributes` of a SubjectAccessReview
   * @param party who waits for the answer: a caller
   */
  mayDo(user: User, attributes: object, party: string): Promise<boolean>;
}

interface TokenReview {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly audiences?: readonly string[];
    readonly user?: Partial<User>;
  };
}

interface SubjectAccessReview {
  readonly status?: { readonly allowed?: boolean };
}

/**
 * Token reviews and access reviews each have a queue of their own, so that a flood of invalid tokens holds up no known
 * caller. Within the queue of token reviews addresses share the slots fairly, within that of access reviews callers do.
 */
const share = { maxRunning: 16, maxRunningEach: 8, maxWaitingEach: 2000 } as const;

const tokenReviews = "/apis/authentication.k8s.io/v1/tokenreviews";
const accessReviews = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

/** @param audiences one of these has to be among the audiences of a token. Empty: the API server's own */
export function createKubeReviews(reviewer: Reviewer, audiences: readonly string[]): KubeReviews {
  const queues = { tokens: new FairQueue(share), access: new FairQueue(share) };
  const ask = async <T>(path: string, review: object, queue: FairQueue, party: string): Promise<T> => {
    try {
      return (await queue.run(party, () => reviewer.review(path, review))) as T;
    } catch (error) {
      const failed = "The Kubernetes API server could not be asked what the caller may do";
      throw checkFailed(
        error instanceof QueueFull ? `${failed}: too many checks for this caller are waiting` : failed,
        error,
      );
    }
  };
  return {
    async userOf(token, party) {
      const spec = audiences.length === 0 ? { token } : { token, audiences };
      const review = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec };
      const { status } = await ask<TokenReview>(tokenReviews, review, queues.tokens, party);
      const { username, ...user } = status?.user ?? {};
      if (status?.authenticated !== true || username === undefined) {
        throw badToken("the Kubernetes API server does not know it, or it has expired, or is for another audience");
      }
      // An API server that does not know audiences leaves them out of its answer.
      if (audiences.length > 0 && !audiences.some((audience) => status.audiences?.includes(audience))) {
        throw badToken("it is for another audience");
      }
      return { username, ...user };
    },
    async mayDo({ username, uid, groups, extra }, attributes, party) {
      const spec = { user: username, uid, groups, extra, ...attributes };
      const review = { apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec };
      const { status } = await ask<SubjectAccessReview>(accessReviews, review, queues.access, party);
      return status?.allowed === true;
    },
  };
}
