/**
 * release VERSION [--dry-run]: makes a release of what is pending: sets the version wherever it stands, closes the list in
 * the changelog, takes the contract as it is for the one that later changes are held against, commits, and tags. Pushing
 * the tag publishes it (.github/workflows/release.yaml). With --dry-run it says what it would change.
 *
 * release notes VERSION: prints what the changelog says of a version.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { closePending, sectionTextOf } from "./changelog.ts";
import { comesAfter, versionedFiles, withVersion } from "./versions.ts";

const root = join(import.meta.dirname, "../..");
const usage = "usage: npm run release -- VERSION [--dry-run], or npm run release -- notes VERSION";

try {
  const [first, ...rest] = process.argv.slice(2);
  if (first === undefined) throw new Error(usage);
  if (first === "notes") printNotes(rest[0]);
  else release(first, rest.includes("--dry-run"));
} catch (error) {
  console.error(`release: ${(error as Error).message}`);
  process.exitCode = 1;
}

function release(version: string, dryRun: boolean): void {
  const { version: current } = JSON.parse(read("package.json")) as { version: string };
  if (!comesAfter(version, current)) throw new Error(`${version} is no version that comes after ${current}\n${usage}`);
  if (!dryRun && git("status", "--porcelain") !== "")
    throw new Error("the working tree has changes; commit them first");
  const date = new Date().toISOString().slice(0, 10);
  const changes = new Map(versionedFiles.map((file) => [file, withVersion(file, read(file), current, version)]));
  changes.set("CHANGELOG.md", closePending(read("CHANGELOG.md"), version, date));
  for (const [file, text] of changes) {
    console.log(`${dryRun ? "would change" : "changes"} ${file}`);
    if (!dryRun) writeFileSync(join(root, file), text);
  }
  if (dryRun) return;
  execFileSync("npx", ["buf", "build", "--exclude-source-info", "-o", "proto/released.binpb"], {
    cwd: root,
    stdio: "inherit",
  });
  git("commit", "--quiet", "--all", "--message", `Release ${version}`);
  git("tag", "--annotate", `v${version}`, "--message", `Release ${version}`);
  console.log(`Tagged v${version}. Publish it: git push origin HEAD v${version}`);
}

function printNotes(version: string | undefined): void {
  const notes = sectionTextOf(read("CHANGELOG.md"), version ?? "Pending");
  if (notes === undefined) throw new Error(`CHANGELOG.md has no section for ${version}`);
  console.log(notes);
}

function read(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

function git(...args: string[]): string {
  return execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
}
