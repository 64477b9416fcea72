/** Where the changelog lists what the next release brings. */
const pending = "## Pending";

/**
 * Gives what is pending a version and a date, and opens a new list above it.
 *
 * @throws Error where nothing is pending, or the version is there already
 */
export function closePending(changelog: string, version: string, date: string): string {
  if (sectionTextOf(changelog, version) !== undefined) throw new Error(`CHANGELOG.md has ${version} already`);
  const text = sectionTextOf(changelog, "Pending");
  if (text === undefined) throw new Error(`CHANGELOG.md has no "${pending}"`);
  if (!/^- /m.test(text)) throw new Error(`CHANGELOG.md: nothing is pending, so there is nothing to release`);
  return changelog.replace(pending, `${pending}\n\n## ${version} (${date})`);
}

/**
 * The points of a version, each as one line; none if it has no section. Headings and paragraphs between the points are
 * left out, because the list that shows them has neither.
 */
export function sectionOf(changelog: string, version: string): string[] {
  return (sectionTextOf(changelog, version) ?? "")
    .split(/^- /m)
    .slice(1)
    .map((point) => (point.split("\n\n")[0] ?? "").trim().replaceAll(/\s*\n\s*/g, " "));
}

/** What stands under the heading of a version. */
export function sectionTextOf(changelog: string, version: string): string | undefined {
  const heading = new RegExp(`^## ${version.replaceAll(".", "\\.")}(?: \\(.*\\))?$`, "m").exec(changelog);
  if (heading === null) return undefined;
  const text = changelog.slice(heading.index + heading[0].length);
  const next = /^## /m.exec(text);
  return (next === null ? text : text.slice(0, next.index)).trim();
}
