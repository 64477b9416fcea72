import { randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import { type FileHandle, lstat, open, realpath, rename, rm, stat } from "node:fs/promises";
import { Failure, usageFailure } from "./failure.ts";

/** A file that is being written. */
export interface NewFile {
  /** @throws Failure when there is no room for it */
  write(text: string): Promise<void>;
  /** Puts it in the place of what has its name. */
  complete(): Promise<void>;
  /** Leaves what has its name as it was. */
  discard(): Promise<void>;
}

/**
 * Begins a file that appears under its name only when it is complete, so that a full disk or an interruption leaves what
 * was there. A link is followed, and the owner and the permissions of a file that is replaced are kept. What is neither file nor
 * directory, such as a pipe or a terminal, is written to directly.
 *
 * @throws Failure of wrong usage, when it cannot be written there
 */
export async function createNewFile(path: string): Promise<NewFile> {
  try {
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory()) throw new Error("it is a directory");
    if (found !== undefined && !found.isFile()) return direct(path, await open(path, "w"));
    const isLink = found === undefined && (await lstat(path).catch(() => undefined))?.isSymbolicLink();
    if (isLink) throw new Error("it is a link that leads nowhere");
    const target = found === undefined ? path : await realpath(path);
    const partial = `${target}.${randomBytes(6).toString("hex")}.partial`;
    const handle = await open(partial, "wx", found === undefined ? 0o666 : 0o600);
    if (found !== undefined) await takeOver(found, handle);
    return replacing(path, target, partial, handle);
  } catch (error) {
    throw usageFailure(`${path} cannot be written: ${(error as Error).message}`);
  }
}

/** Only root may give a file away; for others the new one is theirs. */
async function takeOver({ uid, gid, mode }: Stats, handle: FileHandle): Promise<void> {
  await handle.chown(uid, gid).catch(() => {});
  await handle.chmod(mode & 0o777);
}

function direct(path: string, handle: FileHandle): NewFile {
  return {
    write: (text) => saying(path, () => handle.writeFile(text)),
    complete: () => saying(path, () => handle.close()),
    discard: () => handle.close(),
  };
}

function replacing(path: string, target: string, partial: string, handle: FileHandle): NewFile {
  return {
    write: (text) => saying(path, () => handle.writeFile(text)),
    complete: () =>
      saying(path, async () => {
        await handle.sync();
        await handle.close();
        await rename(partial, target);
      }),
    async discard() {
      await handle.close().catch(() => {});
      await rm(partial, { force: true });
    },
  };
}

async function saying(path: string, work: () => Promise<void>): Promise<void> {
  await work().catch((error: Error) => {
    throw new Failure(`${path} cannot be written: ${error.message}`);
  });
}

/**
 * Writes a file at once, as {@link createNewFile} does.
 *
 * @throws Failure when it cannot be written
 */
export async function writeNewFile(path: string, text: string): Promise<void> {
  const file = await createNewFile(path);
  try {
    await file.write(text);
    await file.complete();
  } catch (error) {
    await file.discard();
    throw error;
  }
}
