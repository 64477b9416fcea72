/** A request as any HTTP client can send it; what is in it is another matter. */
export interface HttpInput {
  readonly kind: "http";
  readonly version: 1 | 2;
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Undefined sends none. */
  readonly body: Buffer | undefined;
}

/** Bytes for a connection of their own. */
export interface RawInput {
  readonly kind: "raw";
  readonly chunks: readonly Buffer[];
  /** What follows: the end of our side, a reset, or nothing for a while. */
  readonly end: "half-close" | "reset" | "wait";
}

export type Input = HttpInput | RawInput;

/** The bytes of a request as HTTP/1.1, for a connection that ends with it. */
export function http1Bytes({ method, path, headers, body }: HttpInput): Buffer {
  const all = [...headers, ["connection", "close"], ...(body ? [["content-length", String(body.length)]] : [])];
  const head = all.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\nhost: x\r\n${head}\r\n`), body ?? Buffer.alloc(0)]);
}
