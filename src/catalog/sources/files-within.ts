import { constants } from "node:fs";
import { open, realpath, stat } from "node:fs/promises";
import { resolve, sep } from "node:path";

/** A file that cannot be used. The message has the path as it was given, and is shown in the status of a source. */
export class UnusableFile extends Error {}

/** Reads catalog files within some folders and nowhere else, even through links. */
export class FilesWithin {
  readonly #folders: readonly string[];
  readonly #maxBytes: number;

  /** @param folders their paths; links in them are resolved each time, as mounted volumes consist of links */
  constructor(folders: readonly string[], maxBytes: number) {
    this.#folders = folders;
    this.#maxBytes = maxBytes;
  }

  /**
   * A fingerprint of a file's state. Follows links, so that another target is another state.
   *
   * @throws UnusableFile
   */
  async fingerprint(path: string): Promise<string> {
    try {
      const { dev, ino, size, mtimeNs, ctimeNs } = await stat(await this.#realPath(path), { bigint: true });
      return [dev, ino, size, mtimeNs, ctimeNs].join(":");
    } catch (error) {
      throw unusable(path, error);
    }
  }

  /** @throws UnusableFile */
  async read(path: string): Promise<Uint8Array<ArrayBuffer>> {
    try {
      // The resolved path that was checked: no further link is followed, and opening a pipe does not block.
      const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
      const file = await open(await this.#realPath(path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      try {
        const { size, isFile } = await file.stat().then((found) => ({ size: found.size, isFile: found.isFile() }));
        if (!isFile) throw new UnusableFile(`${path}: is not a file`);
        if (size > this.#maxBytes) throw this.#tooLarge(path, size);
        // Files of /proc report size 0. A file that grows while it is read is cut at the limit and refused.
        const bytes = new Uint8Array(Math.min(this.#maxBytes, size) + 1);
        let length = 0;
        for (let read = -1; read !== 0 && length < bytes.length; length += read) {
          read = (await file.read(bytes, length, bytes.length - length, length)).bytesRead;
        }
        if (length > size) throw new UnusableFile(`${path}: is being written to`);
        return bytes.subarray(0, length);
      } finally {
        await file.close();
      }
    } catch (error) {
      throw unusable(path, error);
    }
  }

  async #realPath(path: string): Promise<string> {
    // Also checked before links are resolved, so that it is not revealed whether a file outside exists.
    if (!this.#folders.some((folder) => isBelow(resolve(path), resolve(folder)))) throw outside(path);
    const real = await realpath(path);
    for (const folder of this.#folders) {
      const realFolder = await realpath(folder).catch(() => undefined);
      if (realFolder !== undefined && isBelow(real, realFolder)) return real;
    }
    throw outside(path);
  }

  #tooLarge(path: string, size: number): UnusableFile {
    return new UnusableFile(`${path}: has ${size} bytes; at most ${this.#maxBytes} are read (CATALOG_MAX_FILE_SIZE)`);
  }
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function outside(path: string): UnusableFile {
  return new UnusableFile(`${path}: is outside the catalog's directories (CATALOG_SOURCES, CATALOG_DATA_DIRS)`);
}

function unusable(path: string, error: unknown): UnusableFile {
  if (error instanceof UnusableFile) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const words: Readonly<Record<string, string>> = {
    ENOENT: "there is no such file",
    ENOTDIR: "there is no such file",
    EACCES: "cannot be read by this user (permission denied)",
    ELOOP: "leads in circles",
  };
  return new UnusableFile(`${path}: ${words[code ?? ""] ?? code ?? message}`);
}
