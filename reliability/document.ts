import { readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { replacePart } from "../measure/document.ts";
import { root } from "../measure/paths.ts";
import { type Rule, ruleTable } from "./rule.ts";

/** Rewrites the figures of one command in a page: on what and when they were measured, then what came of it. */
export function writeFigures(
  name: string,
  command: string,
  found: string,
  rules: readonly Rule[],
  page = "docs/RELIABILITY.md",
): void {
  const file = join(root, page);
  const cpus = os.cpus();
  const machine = `${cpus.length} cores, ${cpus[0]?.model.trim() ?? "unknown"}, Linux ${os.release()}, Node ${process.versions.node}`;
  const run = `\`${command}\`, ${new Date().toISOString().slice(0, 10)}, ${machine}`;
  const content = [run, ruleTable(rules), found].filter((part) => part !== "").join("\n\n");
  writeFileSync(file, replacePart(readFileSync(file, "utf8"), name, content));
}
