import type { Access } from "../registry/access.ts";

/** The caller of a call that stays open. */
export interface CallerLease {
  /** What the caller may do by now. */
  readonly access: Access;
  /** Aborts with the error, UNAUTHENTICATED or ACCESS_CHECK_FAILED, when the caller is not known any more. */
  readonly signal: AbortSignal;
  /** Ends the asking. */
  stop(): void;
}

/** Two questions are this far apart at least, in milliseconds, whatever the clocks say. */
const minRenewMs = 1000;

/** Asks who the caller is whenever what is known has run out, for as long as the call is open. */
export function keepLease(admitted: Access): CallerLease {
  const ended = new AbortController();
  let access = admitted;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const schedule = (): void => {
    const { lease } = access;
    if (lease === undefined || stopped) return;
    timer = setTimeout(
      () => {
        lease.renew().then(
          (renewed) => {
            access = renewed;
            schedule();
          },
          (error: unknown) => ended.abort(error),
        );
      },
      Math.max(minRenewMs, lease.untilMs - Date.now()),
    );
    timer.unref();
  };
  schedule();
  return {
    get access() {
      return access;
    },
    signal: ended.signal,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** What a caller may do by now, for a call that asks so much the later. Rejects when the caller is not known any more. */
export async function currentAccess(access: Access): Promise<Access> {
  return access.lease === undefined || Date.now() < access.lease.untilMs ? access : access.lease.renew();
}
