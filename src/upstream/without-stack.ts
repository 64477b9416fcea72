/** Where Triton's Python backend begins to list the places in its code. */
const places = /\nAt:[^\S\n]*\n/;
const traceback = /Traceback \(most recent call last\):/;

/**
 * What a model server says, without the stack of its code: names of files and lines are for its own log. Of a traceback of
 * Python, the last line says what happened.
 */
export function withoutStack(words: string): string {
  const [before = ""] = words.split(places, 1);
  const at = before.search(traceback);
  if (at < 0) return before.trim();
  const lines = before.slice(at).trimEnd().split("\n");
  const last = lines.findLast((line) => line !== "" && !/^\s/.test(line) && !traceback.test(line)) ?? "";
  return `${before.slice(0, at)}${last}`.trim();
}
