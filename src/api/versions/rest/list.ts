import { joinedPieces } from "../../../base/text-pieces.ts";
import { goOnWhenNotBusy, yieldIfBusy } from "../../../base/yield-if-busy.ts";
import { type KindOrArtifact, type ListQuery, maxPageSize, type OrderBy } from "../../../versions/ports.ts";
import type { FieldValues, VersionRecord } from "../../../versions/record.ts";
import { type JsonStyle, recordToJsonPieces } from "../../../versions/record-json.ts";
import { connectionOf, drained, hasLeft } from "../../http.ts";
import type { RestContext } from "../../rest/rest-context.ts";
import type { Keeper } from "../keeper.ts";
import type { Flavour } from "./flavour.ts";
import { jsonHeaders, sendJsonText } from "./json-answer.ts";
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

/**
 * Answers a list. One page is sent as a whole. Without a page size, or with one that the store does not hand over at once,
 * the records go out as they are read, so that a list of any length takes no more memory than a page.
 */
export async function sendList(
  { response, request }: Pick<RestContext, "response" | "request">,
  keeper: Keeper,
  kind: KindOrArtifact,
  { pageSize, pageToken, includesTotal, ...query }: ListRequest,
  flavour: Flavour,
): Promise<void> {
  const total = includesTotal ? `,"totalSize":${await keeper.count(kind, query)}` : "";
  const end = (size: number, token: string): string =>
    `],"nextPageToken":${JSON.stringify(token)},"pageSize":${pageSize},"size":${size}${total}}`;
  if (pageSize > 0 && pageSize <= maxPageSize) {
    const page = await keeper.listJson(kind, { ...query, pageSize, pageToken }, { isAlpha: flavour.isAlpha });
    const pause = yieldIfBusy();
    if (pause !== undefined) await pause;
    await sendJsonText(response, 200, listOf(page.items, end(page.size, page.nextPageToken)));
    return;
  }
  const pages = new PageTurner(keeper, kind, query, pageSize, pageToken);
  let size = 0;
  let batch = await pages.next();
  response.statusCode = 200;
  for (const [name, value] of Object.entries(jsonHeaders)) response.setHeader(name, value);
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  const connection = connectionOf(request, response);
  const write = async (text: string): Promise<void> => {
    // A caller that leaves ends the wait too: its connection closes.
    if (!response.write(text)) await drained(response);
  };
  await write('{"items":[');
  for (; batch.length > 0 && !response.destroyed; batch = await pages.next()) {
    for (const piece of joinedPieces(itemsOf(batch, flavour, size === 0))) {
      // Records may be long, and many lists under way.
      const pause = goOnWhenNotBusy(connection);
      if (pause !== undefined) await pause;
      if (hasLeft(response)) return;
      await write(piece);
    }
    size += batch.length;
  }
  response.end(end(size, pages.nextPageToken));
}

function* listOf(items: Iterable<string>, end: string): Generator<string> {
  yield '{"items":[';
  yield* items;
  yield end;
}

function* itemsOf(records: readonly VersionRecord[], style: JsonStyle, areFirst: boolean): Generator<string> {
  for (const [i, record] of records.entries()) {
    if (i > 0 || !areFirst) yield ",";
    yield* recordToJsonPieces(record, style);
  }
}

/** Everything from a page token on, or as much as a page size allows, batch by batch. */
class PageTurner {
  readonly #keeper: Keeper;
  readonly #kind: KindOrArtifact;
  readonly #query: Omit<ListRequest, "pageSize" | "pageToken" | "includesTotal">;
  #left: number;
  #token: string;
  #stream: AsyncIterator<readonly VersionRecord[]> | undefined;
  #isOver = false;

  constructor(
    keeper: Keeper,
    kind: KindOrArtifact,
    query: Omit<ListRequest, "pageSize" | "pageToken" | "includesTotal">,
    pageSize: number,
    pageToken: string,
  ) {
    this.#keeper = keeper;
    this.#kind = kind;
    this.#query = query;
    this.#left = pageSize === 0 ? Number.POSITIVE_INFINITY : pageSize;
    this.#token = pageToken;
    if (pageSize === 0 && pageToken === "") this.#stream = keeper.stream(kind, query)[Symbol.asyncIterator]();
  }

  /** Where the rest begins. Empty: there is none. */
  get nextPageToken(): string {
    return this.#stream === undefined ? this.#token : "";
  }

  /** The next records; none at the end. */
  async next(): Promise<readonly VersionRecord[]> {
    if (this.#stream !== undefined) {
      const { value, done } = await this.#stream.next();
      return done === true ? [] : value;
    }
    if (this.#isOver || this.#left === 0) return [];
    const pageSize = Math.min(this.#left, maxPageSize);
    const page = await this.#keeper.list(this.#kind, { ...this.#query, pageSize, pageToken: this.#token });
    this.#left -= page.records.length;
    this.#token = page.nextPageToken;
    this.#isOver = page.nextPageToken === "";
    return page.records;
  }
}
