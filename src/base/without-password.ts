/**
 * A text as it may be shown where an address is expected: one may hold a user and a password, which is seldom why it is
 * refused. It may hold them without a scheme, too.
 */
export function withoutPassword(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1***@");
}
