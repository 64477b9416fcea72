import type { Config } from "../config/config.ts";
import { readTlsFiles, type TlsFiles, watchTlsFiles } from "../listen/tls-files.ts";
import type { Log } from "./log.ts";

/** Reads the certificate and the key that the environment names, if it does. */
export function readTls(config: Config): { tls: TlsFiles | undefined; problems: readonly string[] } {
  const { tlsCertFile, tlsKeyFile, tlsClientCaFile: clientCaFile } = config;
  if (tlsCertFile === undefined || tlsKeyFile === undefined) return { tls: undefined, problems: [] };
  try {
    return { tls: readTlsFiles({ certFile: tlsCertFile, keyFile: tlsKeyFile, clientCaFile }), problems: [] };
  } catch (error) {
    return {
      tls: undefined,
      problems: [
        `TLS_CERT_FILE, TLS_KEY_FILE${clientCaFile === undefined ? "" : ", TLS_CLIENT_CA_FILE"}: ${(error as Error).message}`,
      ],
    };
  }
}

/** The certificate that is in use. */
export interface FollowedTls {
  /** In PEM, as it is now; undefined where the environment names none. */
  certificate(): string | undefined;
  stop(): Promise<void>;
}

/**
 * Reads certificate and key again when their files change.
 *
 * @param named those that the environment names, as they were read
 */
export function followTls(
  config: Config,
  named: TlsFiles | undefined,
  setTls: (files: TlsFiles) => void,
  log: Log,
): FollowedTls {
  if (named === undefined) return { certificate: () => undefined, stop: async () => {} };
  let inUse = named;
  const stop = watchTlsFiles(
    { certFile: config.tlsCertFile!, keyFile: config.tlsKeyFile!, clientCaFile: config.tlsClientCaFile },
    named,
    (files) => {
      inUse = files;
      setTls(files);
      log.info("TLS certificate and key were reloaded");
    },
    (error) => log.error({ err: error }, "TLS files changed and cannot be used; the last good ones stay in use"),
  );
  return { certificate: () => inUse.cert.toString(), stop };
}

/** The host to show in a URL: a wildcard address is reached by loopback. */
export function hostInUrl(host: string): string {
  if (host === "::" || host === "0.0.0.0") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}
