/** Holds counted bytes: one call, with its request and the answer of its model. */
export interface BytesHolder {
  /** How many bytes it holds; -1 once it is over. */
  heldBytes: number;
  /** How many bytes of its request have arrived. Default: 0. */
  receivedBytes?: number;
  /** How many of the bytes that it holds are yet to arrive. Default: 0. */
  reservedBytes?: number;
  /** Whether the caller has no credentials where others have. Default: false. */
  readonly isAnonymous?: boolean;
  /** Whether its request writes a record of the registry of versions, whose bytes are reserved when it begins. Default: false. */
  readonly writesRecord?: boolean;
  /** Who calls, where that is known. */
  readonly access?: { readonly caller: string | undefined };
}
