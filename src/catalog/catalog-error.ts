/** The data of each reason. The edges put it into words of their own where they need to. */
export interface CatalogErrorData {
  /** The name of a request field, which each edge translates into its own: `pageSize`. */
  INVALID: { readonly field: string };
  INVALID_FILTER: {
    /** Where in the filter, in characters from 0; undefined when it is the whole. */
    readonly position: number | undefined;
    readonly problem: "syntax" | "type" | "limit";
  };
  INVALID_PAGE_TOKEN: Record<never, never>;
  SOURCE_NOT_FOUND: { readonly source: string };
  MODEL_NOT_FOUND: { readonly source: string; readonly model: string };
  SERVER_NOT_FOUND: { readonly id: string };
  TOOL_NOT_FOUND: { readonly id: string; readonly tool: string };
  /** A source that is to be previewed. */
  INVALID_SOURCE: Record<never, never>;
  NOT_LOADED: Record<never, never>;
  /** Too many previews at once. */
  BUSY: Record<never, never>;
  NO_MODEL_ARTIFACT: { readonly source: string; readonly model: string };
}

export type CatalogReason = keyof CatalogErrorData;

/**
 * Why a call of the catalog failed. The message is for the caller: it never contains a token, or a path outside of the
 * sources' folders.
 */
export class CatalogError<R extends CatalogReason = CatalogReason> extends Error {
  readonly reason: R;
  readonly data: CatalogErrorData[R];

  constructor(reason: R, message: string, data: CatalogErrorData[R]) {
    super(message);
    this.name = "CatalogError";
    this.reason = reason;
    this.data = data;
  }
}

/** Whether an error is one of the catalog with this reason, so that its data can be read. */
export function isCatalogError<R extends CatalogReason>(error: unknown, reason: R): error is CatalogError<R> {
  return error instanceof CatalogError && error.reason === reason;
}

/** An error of one field of a request. */
export function badField(field: string, description: string): CatalogError<"INVALID"> {
  return new CatalogError("INVALID", description, { field });
}
