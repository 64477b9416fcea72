import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, it, onTestFinished } from "vitest";
import { useBrowser } from "./support/browser.ts";
import { startServer } from "./support/demo.ts";
import { hostile, texts } from "./support/hostile-texts.ts";

const browser = useBrowser();

/** A page, and what says that nothing of a text has run in it or has left it. */
async function openWatched(): Promise<{ page: Page; expectInert(): Promise<void> }> {
  const { page, errors, foreign } = await browser.open();
  let dialogs = 0;
  page.on("dialog", (dialog) => {
    dialogs++;
    void dialog.dismiss();
  });
  return {
    page,
    async expectInert() {
      expect(await page.evaluate(() => (globalThis as { owned?: number }).owned)).toBeUndefined();
      expect([dialogs, errors, foreign]).toEqual([0, [], []]);
      expect(await page.locator("a[href^='javascript:' i], iframe, base, main form[action]").count()).toBe(0);
    },
  };
}

it(`runs nothing of ${texts.length} hostile texts, and asks nobody else`, async () => {
  const models = texts.map((text, i) => ({
    name: `model-${i}`,
    service: "s",
    type: "anomaly",
    url: "http://127.0.0.1:9",
    description: text,
    inputFeatures: [{ name: "x", type: "number", unit: text.slice(0, 40), description: text }],
    remediationActions: [{ type: text, severity: text, target: text }],
    triggers: [text],
  }));
  const { url } = await startServer({ KSERVE_MODEL_REGISTRY: JSON.stringify(models), DATABASE_URL: "sqlite::memory:" });
  const version = {
    registeredModel: { name: "hostile", description: texts.join("\n"), owner: texts[0] },
    modelVersion: {
      name: texts[1],
      description: texts.join("\n"),
      customProperties: Object.fromEntries(
        texts.map((text, i) => [`p${i}`, { stringValue: text.replaceAll("\0", "") }]),
      ),
    },
    artifacts: [{ name: texts[2], modelArtifact: { uri: "javascript:globalThis.owned=1" } }],
  };
  const answer = await fetch(`${url}/kserve.versions.v1.VersionRegistry/RegisterVersion`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(version).replaceAll("\\u0000", ""),
  });
  expect([answer.status, answer.ok ? "" : await answer.text()]).toEqual([200, ""]);

  const { page, expectInert } = await openWatched();
  await page.goto(`${url}/ui/models`);
  await page.getByText(`${texts.length} models`).waitFor();
  const frame = page.locator(".kmr-table-frame");
  const height = await frame.evaluate((element) => element.scrollHeight);
  for (let top = 0; top < height; top += 700) await frame.evaluate((element, to) => element.scrollTo(0, to), top);
  await page
    .getByText("<script>globalThis.owned")
    .first()
    .waitFor({ state: "attached", timeout: 1000 })
    .catch(() => {});
  for (const i of [0, 32, 74, 116, 189]) {
    await page.goto(`${url}/ui/models/model-${i}`);
    await page.getByRole("button", { name: "Predict", exact: true }).click();
    await page.getByRole("tab", { name: "Details" }).click();
    await page.getByText("Advice of the owner").waitFor();
  }
  await page.goto(`${url}/ui/triggers`);
  await page.getByText("Add metric").waitFor();
  await page.goto(`${url}/ui/registered/hostile`);
  await page.getByRole("link", { name: texts[1]! }).click();
  await page.getByText("javascript:globalThis.owned=1").first().waitFor();

  await expectInert();
}, 180_000);

it("runs nothing of hostile entries that are refused, nor of what they link to", async () => {
  const folder = mkdtempSync(join(tmpdir(), "page-hostile-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "models.yaml");
  const models = hostile.flatMap((text, i) => [
    { name: text, service: text, namespace: text, type: text, url: text },
    { name: `linked-${i}`, service: "s", type: "anomaly", url: "http://127.0.0.1:9", version: text },
  ]);
  writeFileSync(path, JSON.stringify({ models }));
  const { url } = await startServer({ KSERVE_MODELS_FILE: path, DATABASE_URL: "sqlite::memory:" });
  const { page, expectInert } = await openWatched();
  await page.goto(`${url}/ui/models`);
  await page.getByRole("button", { name: /refused entries/ }).click();
  await page.getByText("<script>globalThis.owned").first().waitFor();
  await expectInert();
});
