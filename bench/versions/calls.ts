import http from "node:http";

/** One request of a load. */
export interface Call {
  readonly method?: "GET" | "POST";
  readonly path: string;
  readonly body?: string;
}

/** So many callers wait for an answer at any time. */
const callers = 16;
/** What is slow is measured by fewer requests. */
const maxLoadMs = 2500;

/** Sends requests over kept connections. */
export class Caller {
  readonly #url: string;
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: callers });

  constructor(url: string) {
    this.#url = url;
  }

  /** The body of an answer, and when its first byte came, in milliseconds from the start of the call. */
  send({ method = "GET", path, body }: Call): Promise<{ readonly text: string; readonly firstByteMs: number }> {
    const started = performance.now();
    return new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { "content-type": "application/json" };
      const request = http.request(`${this.#url}${path}`, { method, headers, agent: this.#agent }, (response) => {
        let firstByteMs = 0;
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => {
          firstByteMs ||= performance.now() - started;
          parts.push(part);
        });
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(parts).toString();
          if (response.statusCode! < 300) resolve({ text, firstByteMs });
          else reject(new Error(`${method} ${path}: ${response.statusCode} ${text.slice(0, 300)}`));
        });
      });
      request.on("error", reject);
      request.end(body);
    });
  }

  /** Sends so many requests, each of its number, from every caller; fewer where it takes too long. Returns how many. */
  async load(call: (number: number) => Call, count: number): Promise<number> {
    const end = performance.now() + maxLoadMs;
    let [next, answered] = [0, 0];
    const one = async (): Promise<void> => {
      while (next < count && performance.now() < end) {
        await this.send(call(next++));
        answered++;
      }
    };
    await Promise.all(Array.from({ length: callers }, one));
    return answered;
  }

  close(): void {
    this.#agent.destroy();
  }
}
