import { isIP } from "node:net";

/** The host of a URL as a connection is opened to it: a name or an IP address, IPv6 without brackets. */
export function bareHost(host: string): string {
  return host.replace(/^\[|\]$/g, "");
}

/** The port of a URL, or the usual one of http or https. */
export function portOf({ port, protocol }: URL): number {
  if (port !== "") return Number(port);
  return protocol === "https:" ? 443 : 80;
}

/**
 * The server name for TLS (SNI). An IP address has none (RFC 6066, 3); the certificate is then compared with the
 * address itself.
 *
 * @param host without brackets
 */
export function serverNameOf(host: string): { readonly servername?: string } {
  return isIP(host) === 0 ? { servername: host } : {};
}
