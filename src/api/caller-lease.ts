import type { Access } from "../registry/access.ts";

/** The caller of a call that stays open. */
export interface CallerLease {
  /** What the caller may do at present. */
  readonly access: Access;
  /**
   * Aborts with UNAUTHENTICATED or ACCESS_CHECK_FAILED when the caller's credentials are no longer valid. Undefined where they
   * stay valid: a signal takes a kilobyte.
   */
  readonly signal: AbortSignal | undefined;
  /** Stops checking. */
  stop(): void;
}

/** The least time between two checks, in milliseconds, even where clocks disagree. */
const minRenewMs = 1000;

/** Checks the caller's credentials again whenever the last check has expired, for as long as the call is open. */
export function keepLease(admitted: Access): CallerLease {
  if (admitted.lease === undefined) return { access: admitted, signal: undefined, stop() {} };
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

/** Aborts when a call that stays open is to end: with any of the signals, or because its caller is not known any more. */
export function endOf({ signal }: CallerLease, ...signals: readonly AbortSignal[]): AbortSignal {
  return AbortSignal.any(signal === undefined ? [...signals] : [...signals, signal]);
}

/** What a caller may do now, for a call that needs it only later. Rejects when the credentials are no longer valid. */
export async function currentAccess(access: Access): Promise<Access> {
  return access.lease === undefined || Date.now() < access.lease.untilMs ? access : access.lease.renew();
}
