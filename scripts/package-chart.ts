/**
 * package-chart [OWNER/NAME]: writes the chart to `.cache/chart/` as it is published: with the addresses of the repository
 * that publishes it, at GitHub, the image that is published with it, and what the changelog says of its version, as
 * Artifact Hub shows them. Without a repository it is packed as it is.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { sectionOf } from "./release/changelog.ts";

const root = join(import.meta.dirname, "..");
const target = join(root, ".cache/chart");
const folder = join(target, "kserve-model-registry");
const helm = process.env.HELM ?? "helm";
const repository = process.argv[2] ?? process.env.GITHUB_REPOSITORY;

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
cpSync(join(root, "charts/kserve-model-registry"), folder, { recursive: true });
if (repository !== undefined) addAddresses(repository);
execFileSync(helm, ["package", folder, "--destination", target], { stdio: "inherit" });

function addAddresses(repository: string): void {
  const address = `https://github.com/${repository}`;
  const chart = parse(readFileSync(join(folder, "Chart.yaml"), "utf8")) as Chart;
  const page = (path: string): string => `${address}/blob/v${chart.version}/${path}`;
  const image = `ghcr.io/${repository.toLowerCase()}`;
  const initializer = `${image}-storage-initializer`;
  const platforms = ["linux/amd64", "linux/arm64"];
  const changes = sectionOf(readFileSync(join(root, "CHANGELOG.md"), "utf8"), chart.version);
  const published = {
    ...chart,
    home: address,
    icon: `https://raw.githubusercontent.com/${repository}/v${chart.version}/docs/icon.svg`,
    sources: [address],
    maintainers: [{ name: repository.split("/")[0], url: `https://github.com/${repository.split("/")[0]}` }],
    annotations: {
      ...chart.annotations,
      "artifacthub.io/links": stringify([
        { name: "Quickstart", url: page("docs/QUICKSTART.md") },
        { name: "Documentation", url: `${address}/tree/v${chart.version}/docs` },
        { name: "Security", url: page("SECURITY.md") },
      ]),
      "artifacthub.io/images": stringify([
        { name: chart.name, image: `${image}:${chart.version}`, platforms },
        { name: "storage-initializer", image: `${initializer}:${chart.version}`, platforms },
      ]),
      ...(changes.length > 0 ? { "artifacthub.io/changes": stringify(changes) } : {}),
    },
  };
  writeFileSync(join(folder, "Chart.yaml"), stringify(published));
  for (const file of ["values.yaml", "files/defaults.yaml"]) {
    const text = readFileSync(join(folder, file), "utf8");
    const changed = [
      ["kserve-model-registry", image],
      ["kserve-model-registry-storage-initializer", initializer],
    ].reduce((before, [name, published]) => {
      const after = before.replace(new RegExp(`^( +repository: )${name}$`, "m"), `$1${published}`);
      if (after === before) throw new Error(`${file}: there is no repository ${name} to set`);
      return after;
    }, text);
    writeFileSync(join(folder, file), changed);
  }
}

interface Chart {
  readonly name: string;
  readonly version: string;
  readonly annotations: Readonly<Record<string, string>>;
}
