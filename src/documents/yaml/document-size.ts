/** The largest document that is read, in bytes: what fits into a ConfigMap. */
export const maxDocumentBytes = 1024 ** 2;

/** What is wrong with a document of this size, in words. */
export function tooLarge(bytes: number): string {
  return `has ${bytes} bytes; at most ${maxDocumentBytes} are read`;
}
