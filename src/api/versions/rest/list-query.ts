import type { ListQuery, OrderBy } from "../../../versions/ports.ts";
import type { FieldValues } from "../../../versions/record.ts";
import type { Flavour } from "./flavour.ts";
import { badBody } from "./read-object.ts";

/** What the query of a list asks for. */
export interface ListRequest extends ListQuery {
  /** 0: everything. */
  readonly pageSize: number;
  readonly pageToken: string;
  /** Whether all that match are counted. */
  readonly includesTotal: boolean;
}

const orders: readonly OrderBy[] = ["ID", "CREATE_TIME", "LAST_UPDATE_TIME"];

/**
 * Reads the query of a list, as leniently as the server that existing clients know.
 *
 * @param where the parents that the path names
 * @throws VersionsError INVALID
 */
export function listRequestOf(query: URLSearchParams, { isAlpha }: Flavour, where: FieldValues): ListRequest {
  const size = query.get("pageSize") || "0";
  if (!/^-?\d{1,9}$/.test(size)) throw badBody("pageSize", `invalid pageSize: expected a whole number: bad request`);
  const order = query.get("orderBy") || "ID";
  const orderBy = orders.find((one) => one === order);
  if (orderBy === undefined && !isAlpha) {
    throw badBody("orderBy", `invalid orderBy: expected one of ${orders.join(", ")}: bad request`);
  }
  return {
    where,
    filter: query.get("filterQuery") ?? "",
    orderBy: orderBy ?? "ID",
    descending: query.get("sortOrder") === "DESC",
    // Less than none means everything, as none does.
    pageSize: Math.max(0, Number(size)),
    pageToken: query.get("nextPageToken") ?? "",
    includesTotal: query.get("includeTotal") === "true",
  };
}
