import type { ModelAddress, ModelEntry } from "./model.ts";

/** How addresses are made for entries that give none. */
export interface AddressOptions {
  /** A base address in which `{service}`, `{namespace}` and `{name}` are replaced, where they occur. */
  readonly urlFormat: string;
  /** The port for entries without one. Undefined: the one of `urlFormat`. */
  readonly defaultPort: number | undefined;
}

/** The address that predictions of an entry are sent to: its own `url`, else the format filled in. */
export function addressOf(entry: ModelEntry, options: AddressOptions): ModelAddress {
  if (entry.url !== undefined) return { url: entry.url, rule: "entry-url" };
  const filled = options.urlFormat
    .replaceAll("{service}", entry.service)
    .replaceAll("{namespace}", entry.namespace)
    .replaceAll("{name}", entry.name);
  const port = entry.port ?? options.defaultPort;
  const url = new URL(filled);
  if (port !== undefined) url.port = String(port);
  return { url: url.href.replace(/\/+$/, ""), rule: "url-format" };
}
