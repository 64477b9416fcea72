import { table } from "../measure/table.ts";

/** Something that must hold, and what was found. */
export interface Rule {
  readonly rule: string;
  readonly measured: string;
  readonly met: boolean;
}

/** Prints what was found. Returns whether every rule holds. */
export function printRules(rules: readonly Rule[]): boolean {
  for (const { rule, measured, met } of rules) console.log(`${met ? "ok  " : "FAIL"}  ${rule}: ${measured}`);
  return rules.every(({ met }) => met);
}

/** The rules as a table of Markdown. */
export function ruleTable(rules: readonly Rule[]): string {
  return table(
    ["rule", "measured", ""],
    rules.map(({ rule, measured, met }) => [rule, measured, met ? "holds" : "**broken**"]),
  );
}
