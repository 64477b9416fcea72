import type { ListQuery, Page, PageQuery } from "../ports.ts";
import type { VersionRecord } from "../record.ts";

/** Batches of a list, each read when it is asked for. A reader that is slow holds nothing in the database. */
export async function* streamPages(
  list: (query: PageQuery) => Promise<Page>,
  query: ListQuery,
  pageSize: number,
): AsyncGenerator<readonly VersionRecord[]> {
  let pageToken = "";
  let asked = pageSize;
  do {
    const page = await list({ ...query, pageSize: asked, pageToken });
    // Of long records fewer come than are asked for, and a database reads the others for nothing.
    asked = Math.min(pageSize, 2 * Math.max(1, page.records.length));
    if (page.records.length > 0) yield page.records;
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
}
