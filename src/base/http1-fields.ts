/**
 * Headers of HTTP/1.1 or trailers (RFC 9112, 5), each with the end of its line: names without space before the colon, values without
 * control characters, and no line that continues another.
 */
export const fieldLines = /^(?:[!#$%&'*+.^_`|~\w-]+:[\t -~\x80-\xff]*\r\n)*$/;

/** One of them, without the end of its line. */
export const fieldLine = /^[!#$%&'*+.^_`|~\w-]+:[\t -~\x80-\xff]*$/;

/** A number of bytes. With 15 digits at most it is a safe integer. */
export const byteCount = /^\d{1,15}$/;

/** Whether a list that is separated by commas, such as `connection`, holds an option. @param option in lower case */
export function hasOption(list: string, option: string): boolean {
  // Nearly always it is alone.
  if (list.length === option.length) return list.toLowerCase() === option;
  return list !== "" && list.split(",").some((item) => item.trim().toLowerCase() === option);
}

/** A part of a text without spaces and tabs around it. Other white space is kept: HTTP does not count it as such. */
export function withoutSpace(text: string, start: number, end: number): string {
  let [from, to] = [start, end];
  while (from < to && isSpace(text.charCodeAt(from))) from++;
  while (to > from && isSpace(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isSpace(char: number): boolean {
  return char === 0x20 || char === 0x09;
}
