/** Where a generated part of a document begins and ends: lines of their own, which no reader of the page sees. */
function markers(name: string): readonly [begin: string, end: string] {
  return [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
}

/**
 * Replaces what stands between the markers of a name.
 *
 * @throws when the markers are not there, once each and in order
 */
export function replacePart(document: string, name: string, content: string): string {
  const [begin, end] = markers(name);
  const [before, rest, ...more] = document.split(begin);
  const [, after, ...others] = rest?.split(end) ?? [];
  if (rest === undefined || after === undefined || more.length > 0 || others.length > 0) {
    throw new Error(`the document needs ${begin} and ${end}, once each and in this order`);
  }
  return `${before}${begin}\n\n${content.trim()}\n\n${end}${after}`;
}
