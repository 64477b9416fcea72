import { globSync, statSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

/** Builds the page for people where that has not been done since its sources were last changed. Takes some seconds. */
export async function buildPageOnce(): Promise<void> {
  if (process.env.UI === "off" || builtAt() > changedAt()) return;
  console.log("Building the page for people...");
  const { buildPage } = await import("../scripts/build-page.ts");
  await buildPage();
}

function builtAt(): number {
  return statSync(join(root, "dist/ui/index.html"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function changedAt(): number {
  const files = globSync(["ui/**/*.*", "gen/**/*.ts", "package-lock.json"], { cwd: root });
  return Math.max(...files.map((file) => statSync(join(root, file)).mtimeMs));
}
