import type { Running } from "./measure-cpu.ts";
import type { Upstream } from "./upstream.ts";

/** What every measurement works with. */
export interface Context {
  readonly upstream: Upstream;
  /** The servers that run for the whole time. */
  readonly running: readonly Running[];
  readonly serverCore: number;
  readonly loadCore: number;
  readonly progress: (text: string) => void;
}

/** One line of the table of other figures. */
export interface Finding {
  readonly what: string;
  readonly server: string;
  readonly measured: string;
  readonly target?: string;
  readonly met?: boolean;
}

/** Bytes as people write them. */
export function mebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(0)} MiB`;
}
