/** Runs a prepared statement. */
export type Select = (sql: string, values: readonly (string | number)[]) => Promise<unknown[][]>;

interface Read {
  readonly sql: string;
  values(query: URLSearchParams): readonly (string | number)[];
  /** The bytes that the service sends for the same rows, but for the token of the next page. */
  body(rows: readonly unknown[][]): string;
}

const columns = "id, name, create_time, update_time, properties, state";

function recordJson([id, name, createTime, updateTime, properties, state]: readonly unknown[]): string {
  return `{"customProperties":${properties},"name":${JSON.stringify(name)},"id":"${id}","createTimeSinceEpoch":"${createTime}","lastUpdateTimeSinceEpoch":"${updateTime}","state":"${state}"}`;
}

/** The token of the next page is as long as that of the service, so that as many bytes are sent. */
const placeholderToken = "x".repeat(60);

function pageJson(rows: readonly unknown[][]): string {
  const size = rows.length - 1;
  return `{"items":[${rows.slice(0, size).map(recordJson).join()}],"nextPageToken":"${placeholderToken}","pageSize":${size},"size":${size}}`;
}

function page(size: number): Read {
  return {
    sql: `select ${columns} from kmr_registered_model where id > ? order by id limit ${size + 1}`,
    values: (query) => [Number(query.get("after"))],
    body: pageJson,
  };
}

/** The reads that are compared, by the path of the bare handler. */
export const reads: Readonly<Record<string, Read>> = {
  get: {
    sql: `select ${columns} from kmr_registered_model where id = ?`,
    values: (query) => [Number(query.get("id"))],
    body: ([row]) => recordJson(row!),
  },
  find: {
    sql: `select ${columns} from kmr_registered_model where name = ? `,
    values: (query) => [query.get("name")!],
    body: ([row]) => recordJson(row!),
  },
  page20: page(20),
  page100: page(100),
};
