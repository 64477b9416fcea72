/** The quality that a header such as `text/html, application/json;q=0.5` gives a value: from 0, not accepted, to 1. */
export function qualityOf(header: string | undefined, value: string): number {
  const qualities = (header ?? "").split(",").map((item) => {
    const [name = "", ...parameters] = item.split(";").map((part) => part.trim().toLowerCase());
    if (name !== value) return 0;
    const quality = parameters.find((parameter) => parameter.startsWith("q="));
    return quality === undefined ? 1 : Number(quality.slice(2)) || 0;
  });
  return Math.max(...qualities);
}

/** Whether a header such as `text/html, application/json;q=0.5` names a value, and does not rule it out with `q=0`. */
function names(header: string | undefined, matches: (value: string) => boolean): boolean {
  return (header ?? "").split(",").some((item) => {
    const [value = "", ...parameters] = item.split(";").map((part) => part.trim().toLowerCase());
    return matches(value) && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}

/** Whether a caller takes a content encoding, by its `accept-encoding`. */
export function acceptsCoding(header: string | string[] | undefined, coding: string): boolean {
  return names(String(header ?? ""), (value) => value === coding || value === "*");
}

/** Whether a caller asks for a page by name, as browsers do and no client of an API does. */
export function prefersHtml(accept: string | undefined): boolean {
  return names(accept, (value) => value === "text/html");
}
