/** The filter of the registry of versions for names that have a text in them, whatever the text, and for a state. */
export function nameFilter(text: string, state: "LIVE" | "ARCHIVED"): string {
  const inState = `state = "${state}"`;
  if (text.trim() === "") return inState;
  return `name ILIKE ${quoted(`%${text.trim().replaceAll(/[%_\\]/g, "\\$&")}%`)} AND ${inState}`;
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}
