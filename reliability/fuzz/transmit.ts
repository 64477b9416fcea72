import { type ClientHttp2Session, connect as connectHttp2, constants } from "node:http2";
import { connect, type Socket } from "node:net";
import { type HttpInput, http1Bytes, type Input, type RawInput } from "./input.ts";

/** What came back for one input. */
export interface Reply {
  /** How the exchange ended: `answered` to its end, `closed` or reset by the server, `silent` for too long, or `unsent`. */
  readonly end: "answered" | "closed" | "silent" | "unsent";
  /** The HTTP statuses, one for each answer that could be read. */
  readonly statuses: readonly number[];
  /** The gRPC statuses. */
  readonly grpcStatuses: readonly number[];
  /** The beginning of what came back, as Latin-1. */
  readonly text: string;
}

/** Sends inputs to one port, over connections that it keeps. */
export interface Transmitter {
  send(input: Input): Promise<Reply>;
  close(): void;
}

const silentMs = 5000;
/** How long a stream that has begun may go on before its caller leaves. */
const streamMs = 100;
const keptText = 64 * 1024;
const sessionCount = 4;

export function createTransmitter(port: number): Transmitter {
  const sessions: (ClientHttp2Session | undefined)[] = [];
  let turn = 0;
  const session = (): ClientHttp2Session => {
    const at = turn++ % sessionCount;
    const open = sessions[at];
    if (open !== undefined && !open.closed && !open.destroyed) return open;
    const fresh = connectHttp2(`http://127.0.0.1:${port}`);
    fresh.on("error", () => {});
    sessions[at] = fresh;
    return fresh;
  };
  return {
    send(input) {
      if (input.kind === "raw") return sendRaw(port, input);
      if (input.version === 2) return sendHttp2(session(), input);
      return sendRaw(port, { kind: "raw", chunks: [http1Bytes(input)], end: "wait" }, silentMs);
    },
    close() {
      for (const one of sessions) one?.destroy();
    },
  };
}

function sendRaw(port: number, { chunks, end }: RawInput, waitMs = streamMs): Promise<Reply> {
  return new Promise((resolve) => {
    let text = "";
    let late: NodeJS.Timeout | undefined;
    const socket: Socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const finish = (how: Reply["end"]): void => {
      clearTimeout(late);
      socket.destroy();
      resolve({ end: how, statuses: http1Statuses(text), grpcStatuses: grpcStatuses(text), text });
    };
    const reset = (): void => {
      socket.resetAndDestroy();
      finish("closed");
    };
    socket.setNoDelay(true);
    socket.on("data", (chunk) => {
      // A stream that has begun never ends of its own accord.
      if (text === "" && waitMs > streamMs) late = arm(late, streamMs, () => finish("answered"));
      if (text.length < keptText) text += chunk.toString("latin1");
    });
    socket.on("error", () => finish("closed"));
    socket.on("end", () => finish(text === "" ? "closed" : "answered"));
    socket.on("connect", () => {
      for (const chunk of chunks) socket.write(chunk);
      if (end === "reset") socket.write("", reset);
      else if (end === "half-close") socket.end();
      late = arm(late, end === "half-close" ? silentMs : waitMs, () => finish("silent"));
    });
  });
}

function arm(before: NodeJS.Timeout | undefined, ms: number, then: () => void): NodeJS.Timeout {
  clearTimeout(before);
  return setTimeout(then, ms);
}

function sendHttp2(session: ClientHttp2Session, { method, path, headers, body }: HttpInput): Promise<Reply> {
  return new Promise((resolve) => {
    let text = "";
    let status = 0;
    let grpcStatus: number | undefined;
    let late: NodeJS.Timeout | undefined;
    const finish = (how: Reply["end"]): void => {
      clearTimeout(late);
      const grpc = grpcStatus === undefined ? grpcStatuses(text) : [grpcStatus];
      resolve({ end: how, statuses: status === 0 ? [] : [status], grpcStatuses: grpc, text });
    };
    try {
      const head = Object.fromEntries([...headers, [":method", method], [":path", path]]);
      const stream = session.request(head, { endStream: body === undefined });
      const note = (answered: Readonly<Record<string, unknown>>): void => {
        if (answered["grpc-status"] === undefined) return;
        grpcStatus = Number(answered["grpc-status"]);
        text += String(answered["grpc-message"] ?? "");
      };
      const leave = (how: Reply["end"]): void => {
        stream.close(constants.NGHTTP2_CANCEL);
        finish(how);
      };
      late = setTimeout(() => leave("silent"), silentMs);
      stream.on("response", (answered) => {
        status = Number(answered[":status"]);
        note(answered);
        late = arm(late, streamMs, () => leave("answered"));
      });
      stream.on("trailers", note);
      stream.on("data", (chunk: Buffer) => {
        if (text.length < keptText) text += chunk.toString("latin1");
      });
      stream.on("error", () => finish("closed"));
      stream.on("close", () => finish(status === 0 ? "closed" : "answered"));
      if (body !== undefined) stream.end(body);
    } catch {
      finish("unsent");
    }
  });
}

function http1Statuses(text: string): number[] {
  return [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));
}

/** The statuses in the last envelope of gRPC-Web, or in headers. */
function grpcStatuses(text: string): number[] {
  return [...text.matchAll(/^.{0,5}grpc-status: ?(\d+)\r?$/gim)].map(([, status]) => Number(status));
}
