import type { ListQuery, Page, PageQuery } from "../ports.ts";
import type { VersionRecord } from "../record.ts";

/** Batches of a list, each read when it is asked for. A reader that is slow holds nothing in the database. */
export async function* streamPages(
  list: (query: PageQuery) => Promise<Page>,
  query: ListQuery,
  pageSize: number,
): AsyncGenerator<readonly VersionRecord[]> {
  let pageToken = "";
  do {
    const page = await list({ ...query, pageSize, pageToken });
    if (page.records.length > 0) yield page.records;
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
}
