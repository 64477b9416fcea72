/**
 * Writes `dist/sbom.cdx.json`, the bill of materials of the built program in CycloneDX. `npm sbom --omit dev` would
 * also leave out what both the program and a tool depend on, so all packages are asked for, and those that only serve
 * development are taken out here.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

interface Component {
  readonly "bom-ref": string;
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
}

interface Bill {
  components: Component[];
  dependencies: { readonly ref: string; dependsOn?: string[] }[];
}

const root = join(import.meta.dirname, "..");
const text = execFileSync("npm", ["sbom", "--sbom-format", "cyclonedx"], { cwd: root, maxBuffer: 64 * 1024 ** 2 });
const bill = JSON.parse(text.toString()) as Bill;
const isForDevelopment = ({ properties = [] }: Component): boolean =>
  properties.some(({ name }) => name === "cdx:npm:package:development");
const removed = new Set(bill.components.filter(isForDevelopment).map((component) => component["bom-ref"]));

bill.components = bill.components.filter((component) => !isForDevelopment(component));
bill.dependencies = bill.dependencies.filter(({ ref }) => !removed.has(ref));
for (const dependency of bill.dependencies) {
  dependency.dependsOn = dependency.dependsOn?.filter((ref) => !removed.has(ref)) ?? [];
}
writeFileSync(join(root, "dist/sbom.cdx.json"), `${JSON.stringify(bill, null, 2)}\n`);
console.log(`dist/sbom.cdx.json: ${bill.components.length} packages`);
