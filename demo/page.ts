import { isUpToDate } from "../scripts/up-to-date.ts";

/** Builds the web UI unless it is up to date with its sources. Takes some seconds. */
export async function buildPageOnce(): Promise<void> {
  const sources = ["ui", "gen", "package-lock.json"];
  if (process.env.UI === "off" || isUpToDate(["dist/ui/index.html"], sources)) return;
  console.log("Building the web UI...");
  const { buildPage } = await import("../scripts/build-page.ts");
  await buildPage();
}
