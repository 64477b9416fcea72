import type { IncomingHttpHeaders } from "node:http";
import { RegistryError } from "../registry/registry-error.ts";

/** The proxies that sign people in, and say in headers whose a call is. */
export interface TrustedProxies {
  /** As their own certificates or tokens name them. */
  readonly names: readonly string[];
  readonly userHeader: string;
  readonly groupsHeader: string;
}

/** A user, as a proxy names them. */
export interface NamedUser {
  readonly username: string;
  readonly groups: readonly string[];
}

const maxNameLength = 256;
const maxGroups = 64;
/** A character that no name contains: a control character, or the comma that joins a repeated header. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
const unfit = /[\u0000-\u001f\u007f,]/;

/**
 * The user that a proxy acts for; undefined when it calls on its own behalf. Only for proxies that have authenticated:
 * anyone can send these headers.
 *
 * @throws RegistryError UNAUTHENTICATED for a malformed name; PERMISSION_DENIED for a name of the `system:` kind, which
 * stands for a part of the cluster and never for a person
 */
export function namedUser(headers: IncomingHttpHeaders, proxies: TrustedProxies): NamedUser | undefined {
  const username = textOf(headers[proxies.userHeader]);
  if (username === "") return undefined;
  const groups = textOf(headers[proxies.groupsHeader])
    .split(",")
    .map((group) => group.trim())
    .filter((group) => group !== "");
  if (groups.length > maxGroups) throw malformed(proxies.groupsHeader, `at most ${maxGroups} groups`);
  for (const [header, name] of [
    [proxies.userHeader, username] as const,
    ...groups.map((group) => [proxies.groupsHeader, group] as const),
  ]) {
    if (name.length > maxNameLength || unfit.test(name)) {
      throw malformed(header, `a name of at most ${maxNameLength} characters without control characters and commas`);
    }
    if (name.startsWith("system:")) {
      throw new RegistryError("PERMISSION_DENIED", `The header ${header} names ${name}, which is not a user name`);
    }
  }
  // As the API server adds it for every user it authenticates; roles are often bound to it.
  return { username, groups: [...groups, "system:authenticated"] };
}

function textOf(header: string | string[] | undefined): string {
  return (Array.isArray(header) ? header.join(",") : (header ?? "")).trim();
}

function malformed(header: string, expected: string): RegistryError {
  return new RegistryError("UNAUTHENTICATED", `The header ${header} does not name the caller: expected ${expected}`);
}
