import { isUtf8 } from "node:buffer";
import { open } from "node:fs/promises";
import { FileWatcher, type FileWatcherOptions } from "../base/file-watcher.ts";
import { maxDocumentBytes, tooLarge } from "../documents/yaml/document-size.ts";
import type { Source, SourceSink } from "../registry/ports.ts";
import type { DocumentReader } from "./document-reader.ts";
import type { UnreadDocument } from "./models-document.ts";

export interface FileSourceOptions extends FileWatcherOptions {
  readonly path: string;
  readonly read: DocumentReader;
}

/**
 * Creates the source of a file with a document of models. While the file cannot be read, its last content stays in
 * force.
 */
export function createFileSource(options: FileSourceOptions): Source {
  const { path, read } = options;
  let watcher: FileWatcher | undefined;
  let stopped = false;
  let last: string | undefined;
  /** Hands over the entries of a text, or returns its problem. */
  const take = async (text: string, sink: SourceSink): Promise<UnreadDocument | undefined> => {
    if (stopped || text === last) return undefined;
    const document = await read(text, path);
    if (stopped) return undefined;
    if ("problem" in document) return document;
    last = text;
    sink.onSnapshot(document.snapshot);
    return undefined;
  };
  const look = async (sink: SourceSink): Promise<boolean> => {
    let problem: string | undefined;
    let isRead = false;
    try {
      const unread = await take(await readText(path), sink);
      problem = unread?.problem;
      isRead = unread?.mayPass !== true;
    } catch (error) {
      problem = `${path}: ${inWords(error as NodeJS.ErrnoException)}`;
    }
    if (!stopped) sink.onTrouble(problem);
    return isRead;
  };
  return {
    kind: "file",
    name: "file",
    cluster: "",
    start(sink) {
      watcher = new FileWatcher([path], () => look(sink), options);
    },
    async stop() {
      stopped = true;
      await watcher?.stop();
    },
  };
}

async function readText(path: string): Promise<string> {
  const file = await open(path);
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new Error("is not a file");
    if (found.size > maxDocumentBytes) throw new Error(tooLarge(found.size));
    const bytes = Buffer.alloc(maxDocumentBytes + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = (await file.read(bytes, length, bytes.length - length, length)).bytesRead;
    }
    const read = bytes.subarray(0, length);
    if (!isUtf8(read)) throw new Error(`is not UTF-8 at byte ${firstBadByte(read)}; save it as UTF-8`);
    return new TextDecoder().decode(read);
  } finally {
    await file.close();
  }
}

/** The index of the first byte that is invalid UTF-8. */
function firstBadByte(bytes: Uint8Array): number {
  const isGood = (length: number): boolean => {
    try {
      // As a stream, so that an incomplete character at the end is not an error.
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, length), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  let [good, bad] = [0, bytes.length + 1];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isGood(middle)) good = middle;
    else bad = middle;
  }
  return bad - 1;
}

function inWords({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case "ENOENT":
      return "there is no such file";
    case "EACCES":
      return "cannot be read by this user (permission denied)";
    default:
      return message;
  }
}
