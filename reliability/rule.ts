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

/** The rules as a table of Markdown. */
export function ruleTable(rules: readonly Rule[]): string {
  return table(
    ["rule", "measured", ""],
    rules.map(({ rule, measured, met }) => [rule, measured, met ? "holds" : "**broken**"]),
  );
}
