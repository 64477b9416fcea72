import type { Socket } from "node:net";
import type { HttpResponse, RequestHandler } from "../api/http.ts";

/** How many connections there may be beyond the limit, for probes alone. */
export const probeSlots = 64;

/** What probes ask: the kubelet, and `kserve-model-registry health` or the kubelet by gRPC. */
const probePaths: readonly (string | undefined)[] = ["/livez", "/readyz", "/grpc.health.v1.Health/Check"];

/** The kubelet waits for less in every probe of the chart. */
const probeTimeMs = 5000;

/** What a connection is known by above TLS and HTTP/2. */
export type Ends = Pick<Socket, "remoteAddress" | "remotePort">;

/** Keeps a few connections for probes, which a flood would otherwise lock out until the pod is restarted. */
export interface ProbeSlots {
  /**
   * Gives a connection one of the slots, of which each is for one probe, soon asked and answered. Where all are taken, the
   * one that was taken first is freed: a probe sends its request at once, and a connection that is only held does not.
   */
  take(socket: Socket): void;
  /** Whether a connection has one of the slots. */
  has(socket: Ends): boolean;
  /** Answers probes alone on these connections, and closes those that ask anything else. */
  limit(handler: RequestHandler): RequestHandler;
}

export function createProbeSlots(): ProbeSlots {
  const slots = new Map<string, Socket>();
  return {
    take(socket) {
      const peer = peerOf(socket);
      const [first] = slots;
      if (slots.size >= probeSlots && first !== undefined) {
        slots.delete(first[0]);
        first[1].destroy();
      }
      slots.set(peer, socket);
      const timer = setTimeout(() => socket.destroy(), probeTimeMs);
      socket.once("close", () => {
        clearTimeout(timer);
        if (slots.get(peer) === socket) slots.delete(peer);
      });
    },

    has: (socket) => slots.size > 0 && slots.has(peerOf(socket)),

    limit: (handler) => (request, response) => {
      if (slots.size === 0) return handler(request, response);
      const socket = slots.get(peerOf(request.socket));
      if (socket === undefined) return handler(request, response);
      if (!probePaths.includes(request.url)) {
        socket.destroy();
        return;
      }
      closeBehind(response);
      handler(request, response);
    },
  };
}

/** A connection as both of its ends see it: HTTP/2 and TLS have a socket of their own above the one that was accepted. */
function peerOf({ remoteAddress, remotePort }: Ends): string {
  return `${remoteAddress} ${remotePort}`;
}

/** Frees the slot with the answer. */
function closeBehind(response: HttpResponse): void {
  if (response.stream === undefined) {
    response.setHeader("connection", "close");
    return;
  }
  const { session } = response.stream;
  response.once("close", () => session?.close());
}
