import { type Page, type PageRequest, pageOf } from "../search/page.ts";
import type { Preview, PreviewedEntry } from "./preview.ts";

export const previewFilters = ["all", "included", "excluded"] as const;

/** Which entries of a preview are asked for. */
export type PreviewFilter = (typeof previewFilters)[number];

/** A page of a preview, and the numbers of included and excluded entries. */
export interface PreviewPage extends Page<PreviewedEntry> {
  readonly total: number;
  readonly included: number;
}

/**
 * One page of a preview, by name.
 *
 * @param config the source that is previewed: a token for another one is refused
 * @throws CatalogError INVALID_PAGE_TOKEN
 */
export async function previewPage(
  { entries }: Preview,
  filter: PreviewFilter,
  request: PageRequest,
  config: string,
): Promise<PreviewPage> {
  const included = entries.filter((entry) => entry.included).length;
  const wanted = entries
    .filter((entry) => filter === "all" || entry.included === (filter === "included"))
    .map((entry, i) => ({ id: String(i), entry }));
  const order = { key: "ID", descending: false, read: ({ id }: { id: string }) => Number(id) };
  const page = await pageOf(wanted, order, () => true, request, ["preview", filter, config]);
  return { ...page, items: page.items.map(({ entry }) => entry), total: entries.length, included };
}
