/**
 * Writes what the chart cannot see from where it stands: the names of the program's variables, to tell a misspelt one; a
 * copy of its own values, for templates cannot read values.yaml; and the definition of ModelRegistrations, for templates cannot
 * read the crds/ of another chart.
 */
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { variableGroups } from "../src/config/config.ts";

const chart = join(import.meta.dirname, "../charts/kserve-model-registry");
const names = variableGroups.flatMap(({ variables }) => Object.values(variables).map(({ name }) => name)).sort();

writeFileSync(join(chart, "files/variables.txt"), `${names.join("\n")}\n`);
copyFileSync(join(chart, "values.yaml"), join(chart, "files/defaults.yaml"));
for (const file of ["files", "charts/crds/charts/kept/crds"]) {
  copyFileSync(
    join(chart, "../../manifests/kustomize/crd/model-registration.yaml"),
    join(chart, file, "model-registration.yaml"),
  );
}
