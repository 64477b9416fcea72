import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { valueUnder } from "../../base/value-under.ts";
import { sharedBytes } from "../shared-answer.ts";

/** The compressed forms of a page file, the smallest first, and their file name extensions. */
const packedForms = { br: ".br", gzip: ".gz" } as const;
export type PackedForm = keyof typeof packedForms;

/** The content of an answer with a file. */
export interface PageContent {
  readonly bytes: Uint8Array;
  /** Changes with the bytes. */
  readonly etag: string;
}

/** One file of the page. */
export interface PageFile {
  readonly contentType: string;
  /** The forms that it is kept in, the smallest first. */
  readonly packed: readonly PackedForm[];
  read(form: PackedForm | "identity"): Promise<PageContent>;
}

const contentTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
};

/**
 * The files of the built page, by their paths below the folder: `assets/index-1a2b.js`. Requested paths are only ever
 * looked up in this map, so nothing else can be reached. Contents are read on first use and kept: they are the same for
 * everybody, and a server whose page nobody opens keeps none in memory.
 *
 * @returns undefined where there is no such folder
 */
export function readPageFiles(folder: string): ReadonlyMap<string, PageFile> | undefined {
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  } catch {
    return undefined;
  }
  const all = new Set(names);
  const files = new Map<string, PageFile>();
  for (const name of all) {
    const contentType = contentTypes[extname(name)];
    if (contentType === undefined) continue;
    const packed = (Object.keys(packedForms) as PackedForm[]).filter((form) => all.has(name + packedForms[form]));
    files.set(name, { contentType, packed, read: createReader(join(folder, name)) });
  }
  return files.has("index.html") ? files : undefined;
}

function createReader(path: string): PageFile["read"] {
  const contents = new Map<string, Promise<PageContent>>();
  return (form) =>
    valueUnder(contents, form, () => {
      const content = readContent(form === "identity" ? path : path + packedForms[form]);
      content.catch(() => contents.delete(form));
      return content;
    });
}

async function readContent(path: string): Promise<PageContent> {
  const bytes = sharedBytes(await readFile(path));
  return { bytes, etag: etagOf(bytes) };
}

/** A strong validator. */
export function etagOf(bytes: Uint8Array): string {
  return `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
}
