import type { FilteredRequest, ListRequest } from "../../catalog/catalog.ts";
import { invalidField } from "../../registry/registry-error.ts";
import { pageSizeOf } from "../list-page.ts";

/** What every list request of the contract has. */
interface ListMessage {
  readonly pageSize: number;
  readonly pageToken: string;
  readonly orderBy: string;
}

const orders: Readonly<Record<string, string>> = {
  name: "NAME",
  id: "ID",
  create_time: "CREATE_TIME",
  update_time: "LAST_UPDATE_TIME",
  accuracy: "ACCURACY",
};
const propertyForm = /\.(string_value|double_value|int_value|bool_value)$/;

/**
 * A list request of the contract as the catalog takes it (AIP-132, AIP-158).
 *
 * @param usual the order where none is given
 * @throws RegistryError INVALID_REQUEST
 */
export function filteredRequestOf(message: ListMessage & { readonly filter: string }, usual: string): FilteredRequest {
  const { key, descending } = orderOf(message.orderBy.trim() || usual);
  const orderBy = orders[key] ?? (propertyForm.test(key) ? key : undefined);
  if (orderBy === undefined) {
    const known = Object.keys(orders).join(", ");
    throw invalidField(
      "order_by",
      `expected ${known} or a property with its type, size.string_value; found ${shown(key)}`,
    );
  }
  const { pageToken, filter } = message;
  return { pageSize: pageSizeOf(message.pageSize), pageToken, orderBy, descending, filter };
}

/** Labels are ordered by any key. */
export function labelRequestOf(message: ListMessage): ListRequest {
  const { key, descending } = orderOf(message.orderBy.trim());
  return { pageSize: pageSizeOf(message.pageSize), pageToken: message.pageToken, orderBy: key, descending };
}

function orderOf(text: string): { readonly key: string; readonly descending: boolean } {
  const [, key = text, direction = "asc"] = /^(.*\S)\s+(asc|desc)$/.exec(text) ?? [];
  return { key, descending: direction === "desc" };
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
