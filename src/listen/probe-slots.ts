import type { Socket } from "node:net";
import type { HttpResponse, RequestHandler } from "../api/http.ts";

/** How many connections there may be beyond the limit, for probes alone. */
export const probeSlots = 64;

/** The paths of probes: those of the kubelet, and of `kserve-model-registry health` or the kubelet over gRPC. */
const probePaths: readonly (string | undefined)[] = ["/livez", "/readyz", "/grpc.health.v1.Health/Check"];

/** Longer than the timeout of every probe in the chart. */
const probeTimeMs = 5000;

/** Identifies a connection above TLS and HTTP/2. */
export type Ends = Pick<Socket, "remoteAddress" | "remotePort">;

/** Reserves a few connections for probes, which a flood would otherwise lock out until the kubelet restarts the pod. */
export interface ProbeSlots {
  /**
   * Gives a connection one of the slots, each of which serves one probe. Where all are taken, the oldest is freed: a
   * probe sends its request at once, and a connection that is only held open does not.
   */
  take(socket: Socket): void;
  /** Whether a connection has one of the slots. */
  has(socket: Ends): boolean;
  /** Answers only probes on these connections, and closes those that request anything else. */
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

/**
 * Identifies a connection by its remote end: HTTP/2 and TLS have socket objects of their own on top of the accepted
 * one.
 */
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
