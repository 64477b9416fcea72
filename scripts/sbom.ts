/**
 * Writes `dist/sbom.cdx.json`, the bill of materials of the built program and its page in CycloneDX. `npm sbom --omit dev`
 * would also leave out what both the program and a tool depend on, and the packages of the page, which are bundled and
 * nothing installs. So all packages are asked for, and those that only serve development are taken out here.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packagesInNotices } from "./third-party-notices.ts";

interface Property {
  readonly name: string;
  readonly value: string;
}

interface Component {
  readonly "bom-ref": string;
  readonly name: string;
  readonly version: string;
  readonly properties?: readonly Property[];
}

interface Bill {
  components: Component[];
  dependencies: { readonly ref: string; dependsOn?: string[] }[];
}

const root = join(import.meta.dirname, "..");
const text = execFileSync("npm", ["sbom", "--sbom-format", "cyclonedx"], { cwd: root, maxBuffer: 64 * 1024 ** 2 });
const bill = JSON.parse(text.toString()) as Bill;
const notices = ["dist/THIRD-PARTY-NOTICES.txt", "dist/ui/third-party-notices.txt"];
const shipped = new Set(notices.flatMap((name) => packagesInNotices(readFileSync(join(root, name), "utf8"))));
const marksDevelopment = ({ name }: Property): boolean => name === "cdx:npm:package:development";
const isShipped = ({ name, version }: Component): boolean => shipped.has(`${name}@${version}`);
const isForDevelopment = (component: Component): boolean =>
  (component.properties ?? []).some(marksDevelopment) && !isShipped(component);
const removed = new Set(bill.components.filter(isForDevelopment).map((component) => component["bom-ref"]));

bill.components = bill.components
  .filter((component) => !isForDevelopment(component))
  .map((component) => ({
    ...component,
    properties: (component.properties ?? []).filter((property) => !marksDevelopment(property)),
  }));
const missing = [...shipped].filter(
  (one) => !bill.components.some(({ name, version }) => one === `${name}@${version}`),
);
if (missing.length > 0) throw new Error(`the bill of materials lacks ${missing.join(", ")}`);
bill.dependencies = bill.dependencies.filter(({ ref }) => !removed.has(ref));
for (const dependency of bill.dependencies) {
  dependency.dependsOn = dependency.dependsOn?.filter((ref) => !removed.has(ref)) ?? [];
}
writeFileSync(join(root, "dist/sbom.cdx.json"), `${JSON.stringify(bill, null, 2)}\n`);
console.log(`dist/sbom.cdx.json: ${bill.components.length} packages`);
