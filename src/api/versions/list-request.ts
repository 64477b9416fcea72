import { invalidField } from "../../registry/registry-error.ts";
import type { OrderBy, PageQuery } from "../../versions/ports.ts";
import { pageSizeOf } from "../list-page.ts";
import type { ContractKind } from "./contract-kind.ts";
import { type AnyMessage, parentsOf } from "./record-message.ts";

const orders: Readonly<Record<string, OrderBy>> = {
  id: "ID",
  create_time: "CREATE_TIME",
  update_time: "LAST_UPDATE_TIME",
};

/**
 * A list request of the contract as the store takes it (AIP-132, AIP-158).
 *
 * @throws RegistryError INVALID_REQUEST
 */
export function pageQueryOf(kind: ContractKind, request: AnyMessage): PageQuery {
  const { pageSize, pageToken, filter, orderBy } = request as unknown as Readonly<{
    pageSize: number;
    pageToken: string;
    filter: string;
    orderBy: string;
  }>;
  return {
    where: parentsOf(kind, request),
    filter,
    ...orderOf(orderBy),
    pageSize: pageSizeOf(pageSize),
    pageToken,
  };
}

function orderOf(text: string): Pick<PageQuery, "orderBy" | "descending"> {
  if (text.trim() === "") return {};
  const [name = "", direction = "asc", ...others] = text.trim().split(/\s+/);
  const orderBy = Object.hasOwn(orders, name) ? orders[name] : undefined;
  if (orderBy === undefined || !["asc", "desc"].includes(direction) || others.length > 0) {
    const known = Object.keys(orders).join(", ");
    throw invalidField("order_by", `expected one of ${known}, with " desc" behind it or not; found ${shown(text)}`);
  }
  return { orderBy, descending: direction === "desc" };
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
