import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useBrowser, type Watched } from "./support/browser.ts";
import { useDemo } from "./support/demo.ts";
import { show, views } from "./support/views.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

const wide = { width: 1280, height: 900 };
/** Nothing but code and tables is to be scrolled in both directions at this width (WCAG 2.2, 1.4.10). */
const narrow = { width: 320, height: 900 };

/** How many pixels of the view are beyond the right edge. */
const cutOffText = `Math.max(...["html", "main"].map((name) => {
  const { scrollWidth, clientWidth } = document.querySelector(name);
  return scrollWidth - clientWidth;
}))`;

const isDarkText = 'document.documentElement.classList.contains("pf-v6-theme-dark")';

const browser = useBrowser();
const demo = useDemo();

/** What is wrong with a view in the theme that it has, by rule and place. Axe is there already. */
async function violations(page: Page): Promise<string[]> {
  const { violations: found } = await page.evaluate(
    (values) =>
      (globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } }).axe.run({
        runOnly: { type: "tag", values },
        resultTypes: ["violations"],
      }),
    rules,
  );
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`),
  );
}

describe("in either theme", () => {
  let shared: Watched;
  beforeAll(async () => {
    shared = await browser.openForAll();
    // Colours would be looked at while they change from one theme to the other.
    await shared.page.emulateMedia({ reducedMotion: "reduce" });
  });
  afterAll(() => shared.page.close());

  it.each(views)("the view $name breaks no rule of WCAG 2.2 AA, nor its own policy", async (view) => {
    const { page, errors, foreign } = shared;
    await page.setViewportSize(wide);
    await page.emulateMedia({ colorScheme: "light" });
    await show(page, demo.url, view);
    await page.evaluate(axe);
    for (const theme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: theme });
      await expect.poll(() => page.evaluate(isDarkText), { interval: 10 }).toBe(theme === "dark");
      expect(await page.evaluate("document.getAnimations().map(({ playState }) => playState)")).not.toContain(
        "running",
      );
      expect({ theme, violations: await violations(page) }).toEqual({ theme, violations: [] });
    }
    await page.setViewportSize(narrow);
    await expect.poll(() => page.evaluate(cutOffText)).toBe(0);
    expect([errors, foreign]).toEqual([[], []]);
  });
});

it("the theme is the one that was chosen last, or that of the system", async () => {
  const { page } = await browser.open("dark");
  const isDark = () => page.evaluate(isDarkText);
  await show(page, demo.url, views[0]!);
  expect(await isDark()).toBe(true);
  await page.getByRole("button", { name: "Light theme" }).click();
  expect(await isDark()).toBe(false);
  await page.reload();
  await page.getByText("anomaly-detector").waitFor();
  expect(await isDark()).toBe(false);
  await page.getByRole("button", { name: "Theme of the system" }).click();
  await page.emulateMedia({ colorScheme: "light" });
  await page.emulateMedia({ colorScheme: "dark" });
  expect(await isDark()).toBe(true);
});
