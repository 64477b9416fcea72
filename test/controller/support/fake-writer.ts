import type { KubeWriter } from "../../../src/kube/kube-writer.ts";

/** What the API server is asked to write. */
export interface Write {
  readonly method: string;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Stored {
  readonly metadata: { readonly resourceVersion: string };
  readonly [key: string]: unknown;
}

/** An API server that keeps single objects, and versions them as a real one does. */
export class FakeWriter implements KubeWriter {
  readonly writes: Write[] = [];
  readonly #objects = new Map<string, Stored>();
  #version = 0;
  /** Thrown by the next calls, in turn. */
  readonly failures: Error[] = [];
  /** Thrown by the next writes, in turn, after they have come in and waited. */
  readonly failuresAfter: Error[] = [];
  /** What the next writes come to, in turn; they change nothing then. */
  readonly outcomes: ("conflict" | "gone")[] = [];
  /** While set, writes wait for it. */
  gate: Promise<void> | undefined;

  /** Lets writes wait until what is returned is called. */
  close(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.gate = promise;
    return resolve;
  }

  /** Leaves nothing to be read or written for the holder of a lease but what is put here. */
  put(path: string, object: Readonly<Record<string, unknown>>): void {
    this.#objects.set(path, { ...object, metadata: { resourceVersion: String(++this.#version) } });
  }

  get<T>(path: string): T {
    return this.#objects.get(path) as T;
  }

  async find<T>(path: string): Promise<T | undefined> {
    this.#fail();
    return this.#objects.get(path) as T | undefined;
  }

  async write<T>(method: "POST" | "PUT" | "PATCH", path: string, body: object): Promise<T | "conflict" | "gone"> {
    this.#fail();
    const written = body as Write["body"] & { readonly metadata?: { name?: string; resourceVersion?: string } };
    this.writes.push({ method, path, body: written });
    await this.gate;
    const failure = this.failuresAfter.shift();
    if (failure !== undefined) throw failure;
    const outcome = this.outcomes.shift();
    if (outcome !== undefined) return outcome;
    const at = method === "POST" ? `${path}/${written.metadata?.name}` : path;
    const before = this.#objects.get(at);
    if (method === "POST" && before !== undefined) return "conflict";
    const version = written.metadata?.resourceVersion;
    if (method === "PUT" && version !== before?.metadata.resourceVersion) return "conflict";
    this.put(at, written);
    return this.#objects.get(at) as T;
  }

  #fail(): void {
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
  }
}
