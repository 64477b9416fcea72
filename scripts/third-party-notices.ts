import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly homepage?: string;
}

/** Compiled into the WebAssembly modules of `gen/wasm`, of which the bundle of the program shows no files. */
const compiledIntoProgram = ["node_modules/assemblyscript/"];

/**
 * The licenses and notices of every package that the bundle has code of, as their terms ask for, one after the other.
 *
 * @param root the folder that `inputs` are relative to
 * @param inputs the files that went into the bundle
 * @param compiledIn what is in the bundle besides, without files of its own there
 * @throws Error for a package without a license file and without a license's name
 */
export function thirdPartyNotices(
  root: string,
  inputs: readonly string[],
  compiledIn: readonly string[] = compiledIntoProgram,
): string {
  const folders = new Set([...inputs, ...compiledIn].flatMap((input) => packageFolderOf(input) ?? []));
  const notices = [...folders].map((folder) => noticeOf(join(root, folder))).sort();
  const head = "kserve-model-registry contains the following software, under the terms that follow each name.\n";
  return [head, ...new Set(notices)].join(`\n${"=".repeat(80)}\n\n`);
}

/** The packages that such a text is about: `react@19.3.0`. */
export function packagesInNotices(notices: string): string[] {
  return [...notices.matchAll(/^(\S+) (\S+)\nLicense: /gm)].map(([, name, version]) => `${name}@${version}`);
}

/** `node_modules/a/node_modules/@b/c/d.js` is of `node_modules/a/node_modules/@b/c`. */
function packageFolderOf(input: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
}

function noticeOf(folder: string): string {
  const { name, version, license, homepage } = JSON.parse(
    readFileSync(join(folder, "package.json"), "utf8"),
  ) as PackageJson;
  const files = existsSync(folder)
    ? readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
    : [];
  if (files.length === 0 && license === undefined) throw new Error(`${name} ${version} has no license`);
  if (files.length === 0)
    return `${name} ${version}\nLicense: ${license}, by the package's own word; it brings no text\n`;
  const texts = files.sort().map((file) => readFileSync(join(folder, file), "utf8").trim());
  const about = [`${name} ${version}`, `License: ${license ?? "see below"}`, ...(homepage ? [homepage] : [])].join(
    "\n",
  );
  return `${[about, ...texts].join("\n\n")}\n`;
}
