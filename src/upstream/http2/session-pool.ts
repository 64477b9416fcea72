import type { Cancellation } from "../../base/cancellation.ts";
import { takeAll } from "../../base/take-all.ts";
import { ExchangeFailure } from "../http/exchange.ts";
import type { TlsClient } from "../http/tls-client.ts";
import { AddressSessions } from "./address-sessions.ts";
import { connectionError } from "./connection-error.ts";
import { findAddresses } from "./find-addresses.ts";
import { type OpeningSocket, openSocket } from "./open-socket.ts";
import { type KeepaliveTimes, Session } from "./session.ts";

export interface SessionPoolOptions {
  readonly connectTimeoutMs: number;
  /** After how long without calls a session is closed. */
  readonly idleTimeoutMs: number;
  /**
   * How long a session lives where a name has one address, behind which there may be many servers; randomly between
   * half of it and all of it. Default: one minute.
   */
  readonly sessionAgeMs?: number;
  /** For how long resolved addresses are used; randomly between half of it and all of it. Default: 20 seconds. */
  readonly lookupAgeMs?: number;
  readonly keepalive?: KeepaliveTimes;
  /** Finds all addresses of the host of a URL. Default: by DNS. */
  readonly findAddresses?: typeof findAddresses;
}

/** The most addresses that are connected to at a time, chosen at random. */
const maxAddresses = 64;
/** After a failed connection the name is resolved again, but not more often than this. */
const minLookupAgeMs = 1000;

interface Waiter {
  readonly spreads: boolean;
  readonly resolve: (session: Session) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The sessions to all addresses of one origin. Each call goes to the address with the fewest open calls, so that a slow
 * server gets no more than it can handle; a call for which no session has room is queued, and queued calls are served
 * in order.
 */
export class SessionPool {
  readonly #origin: URL;
  readonly #tls: TlsClient;
  readonly #options: SessionPoolOptions;
  readonly #onEmpty: () => void;
  #addresses: AddressSessions[] = [];
  /** All open sessions, including those that take no more calls. */
  readonly #sessions = new Set<Session>();
  readonly #sockets = new Set<OpeningSocket>();
  #waiters: Waiter[] = [];
  #lookingUp = false;
  #lookupDueMs = 0;
  #lookedUpMs = Number.NEGATIVE_INFINITY;
  #turn = 0;
  #closed = false;

  /** @param onEmpty is called when nothing is open, opening or waiting any more */
  constructor(origin: string, tls: TlsClient, options: SessionPoolOptions, onEmpty: () => void) {
    this.#origin = new URL(origin);
    this.#tls = tls;
    this.#options = options;
    this.#onEmpty = onEmpty;
  }

  /**
   * A session with room for one call, which is reserved.
   *
   * @param spreads whether further addresses are connected to, for calls to come
   * @throws ExchangeFailure where there is no server to connect to, or the reason of the cancellation
   */
  acquire(cancellation: Cancellation<Error>, spreads: boolean): Promise<Session> | Session {
    if (this.#closed) throw new ExchangeFailure(connectionError("ECONNRESET", "the client was closed"), true);
    const session = this.#waiters.length === 0 ? this.#take() : undefined;
    if (session !== undefined) {
      if (spreads) this.#expand();
      return session;
    }
    return new Promise((resolve, reject) => {
      const stopWaiting = cancellation.onCancel((reason) => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        reject(reason);
      });
      const waiter: Waiter = {
        spreads,
        resolve: (found) => {
          stopWaiting();
          resolve(found);
        },
        reject: (error) => {
          stopWaiting();
          reject(error);
        },
      };
      if (cancellation.reason !== undefined) return;
      this.#waiters.push(waiter);
      if (spreads) this.#expand();
      this.#connectOne();
    });
  }

  close(): void {
    this.#closed = true;
    for (const socket of this.#sockets) socket.end();
    for (const session of this.#sessions) session.destroy();
    this.#rejectWaiters(connectionError("ECONNRESET", "the client was closed"));
  }

  /** The freest session of the address with the fewest open calls, with room reserved. */
  #take(): Session | undefined {
    const addresses = this.#addresses;
    const start = this.#turn++;
    let best: Session | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < addresses.length; i++) {
      // Equally loaded addresses take turns.
      const address = addresses[(start + i) % addresses.length]!;
      const { openCalls } = address;
      const session = openCalls < fewest ? address.freest() : undefined;
      if (session === undefined) continue;
      best = session;
      fewest = openCalls;
    }
    best?.reserve();
    return best;
  }

  /** Looks addresses up that have grown old, and opens sessions where more are wanted. */
  #expand(): void {
    if (performance.now() > this.#lookupDueMs) void this.#lookUp();
    for (const address of this.#addresses) if (address.wantsSession) this.#open(address);
  }

  /** Makes sure that a session is being opened for waiting calls. */
  #connectOne(): void {
    if (this.#waiters.length === 0 || this.#lookingUp || this.#closed) return;
    if (this.#addresses.length === 0) {
      void this.#lookUp();
      return;
    }
    if (this.#addresses.some(({ isOpening, sessions }) => isOpening || sessions.length > 0)) {
      const full = this.#addresses.find(({ wantsSession }) => wantsSession);
      if (full !== undefined) this.#open(full);
      return;
    }
    this.#open(this.#addresses[this.#turn++ % this.#addresses.length]!);
  }

  async #lookUp(): Promise<void> {
    if (this.#lookingUp || this.#closed) return;
    this.#lookingUp = true;
    const { lookupAgeMs = 20_000 } = this.#options;
    try {
      const found = await (this.#options.findAddresses ?? findAddresses)(this.#origin.hostname, this.#tls.guarded);
      this.#lookedUp(lookupAgeMs);
      this.#setAddresses(found);
      if (this.#waiters.some((waiter) => waiter.spreads)) this.#expand();
      this.#connectOne();
    } catch (error) {
      this.#lookedUp(lookupAgeMs);
      // The previous addresses stay in use.
      if (this.#addresses.every(({ sessions }) => sessions.length === 0)) this.#rejectWaiters(error as Error);
    }
    this.#noteIfEmpty();
  }

  #lookedUp(ageMs: number): void {
    this.#lookingUp = false;
    this.#lookedUpMs = performance.now();
    this.#lookupDueMs = this.#lookedUpMs + ageMs * (0.5 + Math.random() / 2);
  }

  #setAddresses(found: readonly string[]): void {
    const known = new Map(this.#addresses.map((sessions) => [sessions.address, sessions]));
    const kept = found.filter((address) => known.has(address));
    const added = shuffled(found.filter((address) => !known.has(address)));
    const chosen = new Set([...kept, ...added].slice(0, maxAddresses));
    for (const address of this.#addresses) if (!chosen.has(address.address)) address.retire();
    this.#addresses = [...chosen].map((address) => known.get(address) ?? new AddressSessions(address));
  }

  #open(address: AddressSessions): void {
    const { connectTimeoutMs: timeoutMs, sessionAgeMs = 60_000 } = this.#options;
    address.openingBegan();
    const socket = openSocket({ origin: this.#origin, address: address.address, tls: this.#tls, timeoutMs });
    this.#sockets.add(socket);
    socket.opened.then(
      (opened) => {
        this.#sockets.delete(socket);
        if (this.#closed) {
          opened.destroy();
          return;
        }
        const alone = this.#addresses.length === 1;
        const session: Session = new Session({
          socket: opened,
          idleTimeoutMs: this.#options.idleTimeoutMs,
          ageMs: alone ? sessionAgeMs * (0.5 + Math.random() / 2) : undefined,
          onChange: () => this.#changed(session, address),
          ...(this.#options.keepalive === undefined ? {} : { keepalive: this.#options.keepalive }),
        });
        this.#sessions.add(session);
        address.opened(session);
        // The address may have been removed meanwhile.
        if (!this.#addresses.includes(address)) session.retire();
        this.#serveWaiters();
      },
      (error: Error) => {
        this.#sockets.delete(socket);
        address.openingFailed();
        this.#openingFailed(error);
      },
    );
  }

  #changed(session: Session, address: AddressSessions): void {
    // Nearly always a call has ended, and nobody waits.
    if (this.#waiters.length === 0 && session.isUsable) return;
    if (session.isClosed) this.#sessions.delete(session);
    address.sweep();
    this.#serveWaiters();
    this.#noteIfEmpty();
  }

  #serveWaiters(): void {
    while (this.#waiters.length > 0) {
      const session = this.#take();
      if (session === undefined) break;
      this.#waiters.shift()!.resolve(session);
    }
    this.#connectOne();
  }

  #openingFailed(error: Error): void {
    if (performance.now() > this.#lookedUpMs + minLookupAgeMs) void this.#lookUp();
    const hopeful = this.#addresses.some(({ isOpening, sessions }) => isOpening || sessions.length > 0);
    if (!hopeful) {
      // The others have not been tried, or not for a while.
      const next = this.#waiters.length === 0 ? undefined : this.#addresses.find(({ wantsSession }) => wantsSession);
      if (next === undefined) this.#rejectWaiters(error);
      else this.#open(next);
    }
    this.#noteIfEmpty();
  }

  #rejectWaiters(cause: Error): void {
    for (const { reject } of takeAll(this.#waiters)) reject(new ExchangeFailure(cause, true));
  }

  #noteIfEmpty(): void {
    const busy = this.#sessions.size + this.#sockets.size + this.#waiters.length > 0 || this.#lookingUp;
    if (!busy) this.#onEmpty();
  }
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  const keyed = items.map((item) => ({ item, key: Math.random() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}
