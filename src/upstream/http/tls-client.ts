import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";
import { CachedFile, UnreadableFile } from "../../base/cached-file.ts";

/** The files of TLS towards model servers. */
export interface TlsClientFiles {
  /** Certificates of authorities, as PEM, besides those of Node and of `NODE_EXTRA_CA_CERTS`. */
  readonly caFiles: readonly string[];
  /** The certificate that is shown, as PEM, and its key. Both or neither. */
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  /** The folders that files named by entries have to lie in. Undefined: anywhere. */
  readonly entryDirs?: readonly string[];
}

export interface TlsClientOptions {
  readonly guarded?: boolean;
  readonly openFile?: (path: string) => CachedFile;
}

/**
 * The TLS context of connections to some model servers. It is created again when one of the files changes; while files
 * are being replaced and do not match, the last one stays in use.
 */
export class TlsClient {
  readonly #files: TlsClientFiles;
  readonly #watched: readonly CachedFile[];
  #texts: readonly string[] = [];
  #context: SecureContext | undefined;

  /** Whether connections may only go to addresses that untrusted entries may name. */
  readonly guarded: boolean;

  /** @param options.openFile opens a file, wherever it may lie. Default: anywhere */
  constructor(
    files: TlsClientFiles,
    { guarded = false, openFile = (path) => new CachedFile(path) }: TlsClientOptions = {},
  ) {
    this.guarded = guarded;
    this.#files = files;
    const { caFiles, certFile, keyFile } = files;
    const paths = certFile === undefined || keyFile === undefined ? caFiles : [...caFiles, certFile, keyFile];
    this.#watched = paths.map(openFile);
  }

  /**
   * Undefined without files: Node's defaults then suffice, and are created once.
   *
   * @throws UnreadableFile when a file cannot be read or is invalid
   */
  context(): SecureContext | undefined {
    if (this.#watched.length === 0) return undefined;
    const texts = this.#watched.map((file) => file.read());
    const same = texts.length === this.#texts.length && texts.every((text, i) => text === this.#texts[i]);
    if (this.#context !== undefined && same) return this.#context;
    this.#texts = texts;
    try {
      this.#context = this.#createContext(texts);
    } catch (error) {
      if (this.#context === undefined) throw error;
    }
    return this.#context;
  }

  #createContext(texts: readonly string[]): SecureContext {
    const { caFiles, certFile, keyFile } = this.#files;
    const authorities = texts.slice(0, caFiles.length);
    authorities.forEach((text, i) => {
      // OpenSSL accepts a text without a certificate as an empty list.
      if (!text.includes("-----BEGIN CERTIFICATE-----")) throw new UnreadableFile(caFiles[i]!, "holds no certificate");
    });
    const [cert, key] = texts.slice(caFiles.length);
    try {
      return createSecureContext({
        ca: [...getCACertificates("default"), ...authorities],
        ...(cert === undefined || key === undefined ? {} : { cert, key }),
      });
    } catch (error) {
      const paths = [...caFiles, certFile, keyFile].filter((path) => path !== undefined).join(", ");
      throw new UnreadableFile(paths, (error as Error).message, error);
    }
  }
}
