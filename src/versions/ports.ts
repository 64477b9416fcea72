import type { KindName } from "./kinds/kinds.ts";
import type { Alias, FieldValues, ImportedRecord, NewRecord, RecordChanges, VersionRecord } from "./record.ts";
import type { JsonStyle } from "./record-json.ts";
import type { RecordKey } from "./versions-error.ts";

/** Artifacts of every sort share a series of ids and a list: `artifact` is all of them. */
export type KindOrArtifact = KindName | "artifact";

/**
 * How long a call may take. Its deadline is a signal that aborts with a `TimeoutError`; the call then rejects with the
 * signal's reason. A statement that is running is cancelled where the database can do so.
 */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Whose call it is: callers take turns where calls wait for each other. Undefined: nobody asks who calls. */
  readonly caller?: string;
}

export type OrderBy = "ID" | "CREATE_TIME" | "LAST_UPDATE_TIME";

/** Which records of a kind, and in which order. */
export interface ListQuery {
  /** Fields that have to be equal: parents, `name`, `externalId`. A parent that does not exist has no records. */
  readonly where?: FieldValues;
  /** A filter in the language of `base/filter`. Blank or absent: all. */
  readonly filter?: string;
  /** Default: ID. Equal times are ordered by id, in the same direction. */
  readonly orderBy?: OrderBy;
  /** Default: false. */
  readonly descending?: boolean;
}

export interface PageQuery extends ListQuery {
  /** From 1 to `maxPageSize`. */
  readonly pageSize: number;
  /** The `nextPageToken` of the page before, of a query that differs in nothing but the page size. Blank: first page. */
  readonly pageToken?: string;
}

export interface Page {
  readonly records: readonly VersionRecord[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

/** A page whose records are JSON text. */
export interface JsonPage {
  /** As `recordToJson` writes them, with commas in between; a long text in pieces. */
  readonly items: readonly string[];
  readonly size: number;
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

/** The largest page that the store hands over at once. */
export const maxPageSize = 1000;

export interface UpdateOptions extends CallOptions {
  /** Refuses the change (REVISION_MOVED) unless the record has this revision. */
  readonly expectedRevision?: number;
  /** Only a record with this parent: field and id. Another is NOT_FOUND. */
  readonly where?: FieldValues;
}

/** A version with the model that it belongs to and its artifacts, all in one. */
export interface Registration {
  /** Made if no model has its name. One that exists is left as it is, and has to be as it is given here. */
  readonly model: NewRecord;
  /** Without `registeredModelId`. */
  readonly version: NewRecord;
  /** Without `modelVersionId`. A model artifact without a name gets the one of the model. */
  readonly artifacts: readonly (NewRecord & { readonly kind: KindName })[];
}

export interface Registered {
  readonly model: VersionRecord;
  readonly version: VersionRecord;
  readonly artifacts: readonly VersionRecord[];
  /** False when the version was registered before, with the same content. */
  readonly created: boolean;
}

/** The requested version of a model: by name, by alias, or neither for the newest LIVE one with a model artifact. */
export interface VersionChoice {
  readonly model: RecordKey;
  readonly version?: string;
  readonly alias?: string;
}

export interface Resolved {
  readonly model: VersionRecord;
  readonly version: VersionRecord;
  /** The newest model artifact of the version that has a URI and is not deleted. */
  readonly artifact: VersionRecord;
  readonly uri: string;
}

/** One row of a comparison: the same field, property, metric, parameter or feature of every version. */
export interface ComparedValue {
  readonly section: "field" | "property" | "metric" | "parameter" | "feature";
  readonly name: string;
  /** As JSON text, one for each version in the order asked for; undefined where a version has none. */
  readonly values: readonly (string | undefined)[];
  readonly differs: boolean;
}

export interface Comparison {
  readonly versions: readonly VersionRecord[];
  readonly values: readonly ComparedValue[];
}

/** The state of the store, in words that may be shown. */
export interface StoreStatus {
  readonly state: "ready" | "starting" | "away" | "dirty" | "newer" | "closed";
  /** `sqlite`, `postgres`, `mysql` or `mariadb`, and the server's version; undefined before the first connection. */
  readonly database: { readonly kind: string; readonly version: string } | undefined;
  /** The schema version of the database and the one that this program has. */
  readonly schema: { readonly applied: number | undefined; readonly known: number };
  /** Why it is not ready, and what to do; empty when it is. */
  readonly message: string;
}

/**
 * Stores the records of the registry of versions. Acknowledged writes are durable; a failed write has changed nothing.
 * Every call fails with a `VersionsError`, or with the reason of its signal.
 */
export interface VersionStore {
  /** Fails with INVALID, PARENT_NOT_FOUND or ALREADY_EXISTS. */
  create(kind: KindName, record: NewRecord, options?: CallOptions): Promise<VersionRecord>;

  /** Fails with NOT_FOUND. Names are compared exactly. */
  get(kind: KindOrArtifact, key: RecordKey, options?: CallOptions): Promise<VersionRecord>;

  /** One page. Fails with INVALID_FILTER or INVALID_PAGE_TOKEN. */
  list(kind: KindOrArtifact, query: PageQuery, options?: CallOptions): Promise<Page>;

  /** The same page as text, which a store can make of its rows at less cost than records. */
  listJson(kind: KindOrArtifact, query: PageQuery, style: JsonStyle, options?: CallOptions): Promise<JsonPage>;

  /** Every record, in batches that are read on demand; nothing is held open in between. */
  stream(kind: KindOrArtifact, query: ListQuery, options?: CallOptions): AsyncIterable<readonly VersionRecord[]>;

  /** How many records there are. */
  count(kind: KindOrArtifact, query: Pick<ListQuery, "where" | "filter">, options?: CallOptions): Promise<number>;

  /** Fails with INVALID, NOT_FOUND, PARENT_NOT_FOUND, ALREADY_EXISTS or REVISION_MOVED. */
  update(kind: KindOrArtifact, id: string, changes: RecordChanges, options?: UpdateOptions): Promise<VersionRecord>;

  /**
   * Creates a record, or changes the one of the same kind, name and parent, in one transaction. For an artifact's `id`
   * use `update`.
   */
  upsert(
    kind: KindName,
    record: NewRecord,
    options?: CallOptions,
  ): Promise<{ record: VersionRecord; created: boolean }>;

  /** Fails with NOT_FOUND, REVISION_MOVED, or STILL_REFERENCED while other records refer to it. */
  delete(kind: KindOrArtifact, id: string, options?: UpdateOptions): Promise<void>;

  /**
   * Registers model, version and artifacts in one transaction. Repeating it gives the same answer, or fails with
   * ALREADY_REGISTERED where the content differs.
   */
  registerVersion(registration: Registration, options?: CallOptions): Promise<Registered>;

  /** Fails with NOT_FOUND or NO_MODEL_ARTIFACT. */
  resolveVersion(choice: VersionChoice, options?: CallOptions): Promise<Resolved>;

  /**
   * Points an alias of a model, a DNS label, to one of its versions. With `expected`, only where it points to that version so far, or
   * to none for null; otherwise fails with ALIAS_MOVED.
   */
  setAlias(
    alias: { readonly registeredModelId: string; readonly alias: string; readonly modelVersionId: string },
    options?: CallOptions & { readonly expected?: string | null },
  ): Promise<Alias>;

  deleteAlias(
    alias: { readonly registeredModelId: string; readonly alias: string },
    options?: CallOptions & { readonly expected?: string },
  ): Promise<void>;

  /** The aliases of a model, by name. A model has at most `maxAliases`. */
  listAliases(registeredModelId: string, options?: CallOptions): Promise<readonly Alias[]>;

  /** From 2 to `maxCompared` versions, by id, side by side. */
  compare(versionIds: readonly string[], options?: CallOptions): Promise<Comparison>;

  /**
   * Writes records of another registry with their ids and times, all or none of a batch. A record that is there with the
   * same id is replaced, so that a batch can be sent again. Parents come before their children.
   */
  import(records: readonly ImportedRecord[], options?: CallOptions): Promise<void>;

  /** The state that is known without asking the database. */
  status(): StoreStatus;

  /** Asks the database; fails with DATABASE_UNAVAILABLE. */
  ping(options?: CallOptions): Promise<void>;

  /** Ends calls that are under way, and the connections. */
  close(): Promise<void>;
}

export const maxAliases = 100;
export const maxCompared = 20;
