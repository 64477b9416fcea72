import { Code, type ConnectError } from "@connectrpc/connect";

/** What one call of a service came to. */
interface Asked {
  readonly data: unknown;
  readonly error: ConnectError | null;
}

/** What a server answers that does not have a service, or none at all. */
const unknown: readonly Code[] = [Code.Unimplemented, Code.NotFound, Code.Unavailable, Code.Unknown];

/** Whether the server has a service, told by one call of it: it knows the RPCs then, even for who may not call them. */
export function isOffered({ data, error }: Asked): boolean {
  if (data !== undefined) return true;
  return error !== null && !unknown.includes(error.code);
}
