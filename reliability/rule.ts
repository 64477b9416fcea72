import { table } from "../measure/table.ts";

/** Something that must hold, and what was found. */
export interface Rule {
  readonly rule: string;
  readonly measured: string;
  readonly met: boolean;
  /** Whether it is about time alone, which a machine of CI, shared and slow, can neither confirm nor refute. */
  readonly timed?: true;
}

/** Prints what was found. Returns whether every rule holds; in CI, every rule that is not about time alone. */
export function printRules(rules: readonly Rule[]): boolean {
  const counts = ({ met, timed }: Rule): boolean => !met && !(timed && process.env.CI === "true");
  for (const rule of rules) {
    const verdict = rule.met ? "ok  " : counts(rule) ? "FAIL" : "late";
    console.log(`${verdict}  ${rule.rule}: ${rule.measured}`);
  }
  return !rules.some(counts);
}

/** Runs `main`. The process ends with status 1 when it says that a rule is broken, and when it cannot go on. */
export async function runRules(
  name: string,
  usage: string,
  main: (args: readonly string[]) => Promise<boolean>,
): Promise<void> {
  try {
    if (!(await main(process.argv.slice(2)))) process.exitCode = 1;
  } catch (error) {
    const { code, message, stack } = error as Error & { code?: string };
    console.error(`${name}: ${code?.startsWith("ERR_PARSE_ARGS") ? `${message}\n\n${usage}` : stack}`);
    // Not by the exit code alone: what is half started would keep the process alive.
    process.exit(1);
  }
}

/** The rules as a table of Markdown. */
export function ruleTable(rules: readonly Rule[]): string {
  return table(
    ["rule", "measured", ""],
    rules.map(({ rule, measured, met }) => [rule, measured, met ? "holds" : "**broken**"]),
  );
}
