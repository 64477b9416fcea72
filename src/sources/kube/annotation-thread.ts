import { isMainThread, parentPort, type Worker, workerData } from "node:worker_threads";
import { nextMessage } from "../../base/next-message.ts";
import { startThread } from "../../base/start-thread.ts";
import { type AnnotationList, readYamlList } from "./annotation-list.ts";

/** How long the thread may take to start, and to read a list, in milliseconds. */
const defaultTimeoutMs = 10_000;
/** How long the thread is kept for further lists, in milliseconds. */
const idleMs = 2000;

const task = "read lists of annotations";

/** Without this limit Node uses several times as much memory for the thread's short-lived objects. */
const resourceLimits = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 64 };

/** Reads lists of annotations as YAML in a thread of its own, one after the other, and gives up what takes too long. */
export class AnnotationThread {
  readonly #timeoutMs: number;
  #thread: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #reading: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(timeoutMs = defaultTimeoutMs) {
    this.#timeoutMs = timeoutMs;
  }

  read(text: string): Promise<AnnotationList> {
    this.#waiting++;
    const read = this.#reading.then(() => this.#readNext(text));
    this.#reading = read;
    return read;
  }

  /** Ends the thread. A list that is being read is given up. */
  stop(): void {
    clearTimeout(this.#idle);
    void this.#thread?.terminate();
    this.#thread = undefined;
  }

  async #readNext(text: string): Promise<AnnotationList> {
    clearTimeout(this.#idle);
    const signal = AbortSignal.timeout(this.#timeoutMs);
    try {
      const thread = this.#started();
      thread.postMessage(text);
      return await nextMessage<AnnotationList>(thread, signal);
    } catch (error) {
      this.stop();
      const why = signal.aborted ? `takes longer than ${this.#timeoutMs / 1000} s to read` : (error as Error).message;
      return { problem: `${why}; write it as JSON`, mayPass: true };
    } finally {
      if (--this.#waiting === 0) this.#idle = setTimeout(() => this.stop(), idleMs).unref();
    }
  }

  #started(): Worker {
    if (this.#thread !== undefined) return this.#thread;
    const thread = startThread(import.meta.url, { workerData: { task }, resourceLimits });
    const onEnd = (): void => {
      if (this.#thread === thread) this.#thread = undefined;
    };
    // One that has failed while nobody waited for it would be given the next list.
    thread.once("error", onEnd).once("exit", onEnd);
    this.#thread = thread;
    return thread;
  }
}

if (!isMainThread && (workerData as { readonly task?: string } | null)?.task === task) {
  parentPort!.on("message", (text: string) => parentPort!.postMessage(readYamlList(text)));
}
