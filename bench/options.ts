import { parseArgs } from "node:util";

/** What the command line asks for. */
export interface Options {
  /** Only the cases and figures that most of the targets are about, in under five minutes. */
  readonly quick: boolean;
  /** Only the cases whose name matches: `grpc/instances/1000`, `rest`. */
  readonly only: RegExp | undefined;
  /** Whether the tables of docs/PERFORMANCE.md are rewritten. */
  readonly write: boolean;
  readonly rounds: number;
}

/** How the command line is written. */
export const usage = `usage: npm run bench -- [--quick] [--case REGEX] [--rounds N] [--write | --no-write]

  --quick         the cases of the most important targets, in under five minutes
  --case REGEX    only the cases whose name matches, such as 'grpc/instances/1000', and of the other figures those whose
                  name does: latency, saturation, startup, memory, in-flight, idle-connections, list-models,
                  declared
  --rounds N      how often each case is measured; default: 3 with --quick, else 5
  --[no-]write    whether docs/PERFORMANCE.md is rewritten; default: only by a full run`;

/** Reads the command line. Throws an Error in words on what it does not know. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      quick: { type: "boolean", default: false },
      case: { type: "string" },
      rounds: { type: "string" },
      write: { type: "boolean" },
    },
  });
  const rounds = Number(values.rounds ?? (values.quick ? 3 : 5));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error("--rounds: expected a whole number from 1");
  return {
    quick: values.quick,
    only: values.case === undefined ? undefined : new RegExp(values.case),
    write: values.write ?? (!values.quick && values.case === undefined),
    rounds,
  };
}
