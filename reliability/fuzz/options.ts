import { parseArgs } from "node:util";
import { surfaces } from "./surfaces.ts";

/** What is asked of a run. */
export interface Options {
  readonly seed: number;
  readonly count: number;
  /** The number of the one input to send; undefined sends them all. */
  readonly only: number | undefined;
  /** The surfaces whose name matches. */
  readonly surface: RegExp;
  readonly write: boolean;
}

export const usage = `usage: npm run fuzz -- [--seed N] [--count N] [--surface REGEX] [--only INDEX] [--write]

  --seed N          what every input is made from; the same seed makes the same inputs. Default: 1
  --count N         how many inputs are sent. Default: 200000
  --surface REGEX   only these: ${surfaces.map(({ name }) => name).join(", ")}
  --only INDEX      sends one input, and shows it and its reply
  --write           puts the figures into docs/RELIABILITY.md`;

/** Reads the command line. Throws an Error in words on what it does not know. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: "string", default: "1" },
      count: { type: "string", default: "200000" },
      only: { type: "string" },
      surface: { type: "string", default: "" },
      write: { type: "boolean", default: false },
    },
  });
  return {
    seed: wholeNumber("--seed", values.seed),
    count: wholeNumber("--count", values.count),
    only: values.only === undefined ? undefined : wholeNumber("--only", values.only),
    surface: new RegExp(values.surface),
    write: values.write,
  };
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${name}: expected a whole number, found ${text}`);
  return Number(text);
}
