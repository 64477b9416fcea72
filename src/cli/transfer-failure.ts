import { ConfigError } from "../config/config.ts";
import { Failure } from "./failure.ts";

/** Why an import or an export has ended, in words for the user. Faults of this program stay what they are. */
export function transferFailure(error: unknown, signal: AbortSignal, whatIsLeft: string): unknown {
  if (signal.aborted) return new Failure(`interrupted; ${whatIsLeft}`);
  if (error instanceof ConfigError) return new Failure(error.message);
  if (error instanceof Error && error.name === "TransferError") return new Failure(error.message);
  return error;
}
