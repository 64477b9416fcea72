import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Source } from "../../../src/registry/ports.ts";
import { createDocumentReader } from "../../../src/sources/document-reader.ts";
import { createFileSource, type FileSourceOptions } from "../../../src/sources/file.ts";

/** A folder of its own, gone after the test. */
export async function openFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "models-file-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A source of a file, not started yet. */
export function fileSource(path: string, options: Partial<FileSourceOptions> = {}): Source {
  return createFileSource({ path, read: createDocumentReader("ns"), ...options });
}

/** A file with a document in a folder of its own, and its source. */
export async function openFile(text: string): Promise<{ folder: string; path: string; source: Source }> {
  const folder = await openFolder();
  const path = join(folder, "models.yaml");
  await writeFile(path, text);
  return { folder, path, source: fileSource(path) };
}
