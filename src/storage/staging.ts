import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { StorageError } from "./storage-error.ts";

const prefix = ".kserve-model-registry-";

/** A folder that files are prepared in before they appear where they belong. */
export interface Staging {
  readonly folder: string;
  /** Moves its content to the destination, replacing what has the same name there. */
  publish(): Promise<void>;
  /** Removes it, and what a failed `publish` has moved. */
  discard(): Promise<void>;
}

/**
 * Creates a staging folder within a destination, on the same file system. Remains of an earlier one are removed.
 *
 * @throws StorageError when nothing can be written there
 */
export async function createStaging(destination: string): Promise<Staging> {
  const folder = await createFolder(destination).catch((error: Error) => {
    throw new StorageError(
      `the destination ${JSON.stringify(destination)} is not a writable directory: ${error.message}`,
    );
  });
  const moved: string[] = [];
  return {
    folder,
    async publish() {
      for (const name of await readdir(folder)) {
        const target = join(destination, name);
        await rm(target, { recursive: true, force: true });
        await rename(join(folder, name), target);
        moved.push(target);
      }
      await rm(folder, { recursive: true, force: true });
    },
    async discard() {
      await Promise.all([folder, ...moved].map((path) => rm(path, { recursive: true, force: true })));
    },
  };
}

async function createFolder(destination: string): Promise<string> {
  await mkdir(destination, { recursive: true });
  const old = (await readdir(destination)).filter((name) => name.startsWith(prefix));
  await Promise.all(old.map((name) => rm(join(destination, name), { recursive: true, force: true })));
  return await mkdtemp(join(destination, prefix));
}
