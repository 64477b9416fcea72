/** Reads lines such as `accuracy = 0.97`. A line without a sign has an empty value. */
export function readLines(text: string): readonly (readonly [key: string, value: string])[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((line) => {
      const at = line.indexOf("=");
      return at < 0 ? [line, ""] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    });
}
