/**
 * Writes what the chart cannot see from where it stands: the names of the program's variables, to tell a misspelt one, and
 * a copy of its own values, for templates cannot read values.yaml.
 */
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { variableGroups } from "../src/config/config.ts";

const chart = join(import.meta.dirname, "../charts/kserve-model-registry");
const names = variableGroups.flatMap(({ variables }) => Object.values(variables).map(({ name }) => name)).sort();

writeFileSync(join(chart, "files/variables.txt"), `${names.join("\n")}\n`);
copyFileSync(join(chart, "values.yaml"), join(chart, "files/defaults.yaml"));
