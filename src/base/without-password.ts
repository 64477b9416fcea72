/**
 * A text that may be shown where an address is expected: user and password are removed, with or without a scheme before
 * them.
 */
export function withoutPassword(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1***@");
}
