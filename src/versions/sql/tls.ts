import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { ConnectionOptions } from "node:tls";
import type { ServerOptions } from "../database-options.ts";

/**
 * The options of TLS; undefined for a connection in the clear. Drivers look at them for each connection, and the files
 * are read then, so that certificates can be renewed.
 */
export function tlsOptions({ tls, host }: ServerOptions): ConnectionOptions | undefined {
  if (tls === undefined) return undefined;
  const options: ConnectionOptions = { servername: host, rejectUnauthorized: tls.verify !== "none" };
  if (tls.verify === "authority") options.checkServerIdentity = () => undefined;
  for (const [name, path] of Object.entries({ ca: tls.caFile, cert: tls.certFile, key: tls.keyFile })) {
    if (path === undefined) continue;
    Object.defineProperty(options, name, {
      enumerable: true,
      configurable: true,
      get: () => readFileSync(path, "utf8"),
    });
  }
  return options;
}

/** The password as it is now; undefined where there is none. */
export async function passwordOf({ password, passwordFile }: ServerOptions): Promise<string | undefined> {
  if (passwordFile === undefined) return password;
  return (await readFile(passwordFile, "utf8")).replace(/\r?\n$/, "");
}
