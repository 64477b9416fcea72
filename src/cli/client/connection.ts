import http2 from "node:http2";
import type { GrpcTransportOptions } from "@connectrpc/connect-node";
import { readTokenFile } from "./token-file.ts";

/** How often a connection is checked; one that has not answered the check before is given up. */
const pingIntervalMs = 20_000;

/**
 * In the unit of 1,000,000 bytes: room for the largest request. While more than that waits to be sent, Node takes no
 * answer and resets its call, so that why a request is too large would not be known. By default it is 10.
 */
const maxSessionMemory = 1200;

/** One HTTP/2 connection for a transport of connect-node, opened when it is first needed. */
export interface Connection extends NonNullable<GrpcTransportOptions["sessionManager"]> {
  /** Ends the connection and every call on it. */
  close(): void;
}

/**
 * Creates a connection to the server of an address.
 *
 * It stands in for the Http2SessionManager of connect-node, which stops listening for the errors of a connection before
 * the last of them: an address that does not speak HTTP/2 would end the process with a stack trace.
 *
 * @param ca certificate authorities to trust instead of the usual ones, in PEM; "any" trusts any server, which is
 *   right for nothing but the own machine
 * @param tokenFile the file of the bearer token that every call carries
 */
export function createConnection(address: string, ca: Buffer | "any" | undefined, tokenFile?: string): Connection {
  const authority = new URL(address).origin;
  let current: { session: http2.ClientHttp2Session; opened: Promise<void> } | undefined;

  const open = (): { session: http2.ClientHttp2Session; opened: Promise<void> } => {
    const session = http2.connect(authority, {
      maxSessionMemory,
      ...(ca === undefined ? {} : ca === "any" ? { rejectUnauthorized: false } : { ca }),
    });
    keepAlive(session);
    const opened = new Promise<void>((resolve, reject) => {
      session.once("connect", () => resolve());
      session.once("close", () => reject(new Error("the connection closed before it was open")));
      session.on("error", reject);
    });
    // A call that is given up no longer waits for it.
    opened.catch(() => {});
    return { session, opened };
  };

  return {
    authority,

    async request(method, path, headers, options) {
      if (current === undefined || current.session.closed || current.session.destroyed) current = open();
      const { session, opened } = current;
      await opened;
      const authorization = tokenFile === undefined ? {} : { authorization: `Bearer ${readTokenFile(tokenFile)}` };
      return session.request({ ...headers, ...authorization, ":method": method, ":path": path }, options);
    },

    notifyResponseByteRead() {},

    close() {
      current?.session.destroy();
    },
  };
}

/** A call that waits for hours, such as a watch, must notice when the other side is gone without a word. */
function keepAlive(session: http2.ClientHttp2Session): void {
  let answered = true;
  const timer = setInterval(() => {
    if (session.connecting) return;
    if (!answered) {
      session.destroy(new Error("it no longer answers"));
      return;
    }
    answered = false;
    session.ping(() => {
      answered = true;
    });
  }, pingIntervalMs);
  session.once("close", () => clearInterval(timer));
}
