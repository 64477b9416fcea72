import { isUpToDate } from "../scripts/up-to-date.ts";

/** Builds the page for people where that has not been done since its sources were last changed. Takes some seconds. */
export async function buildPageOnce(): Promise<void> {
  const sources = ["ui", "gen", "package-lock.json"];
  if (process.env.UI === "off" || isUpToDate(["dist/ui/index.html"], sources)) return;
  console.log("Building the page for people...");
  const { buildPage } = await import("../scripts/build-page.ts");
  await buildPage();
}
