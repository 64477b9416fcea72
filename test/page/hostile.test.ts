import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, it, onTestFinished } from "vitest";
import { answer, startFakeUpstream } from "../support/fake-upstream.ts";
import { useBrowser } from "./support/browser.ts";
import { catalogOf } from "./support/catalog.ts";
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

/** Registers a version; contracts of records take no NUL. */
async function register(url: string, message: object): Promise<void> {
  const response = await fetch(`${url}/kserve.versions.v1.VersionRegistry/RegisterVersion`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(message).replaceAll("\\u0000", ""),
  });
  expect([response.status, response.ok ? "" : await response.text()]).toEqual([200, ""]);
}

it(`executes nothing of ${texts.length} hostile texts, and calls no other origin`, async () => {
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
  await register(url, version);

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
    await page.getByText("Owner's advice").waitFor();
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
  await page.getByRole("button", { name: /rejected entries/ }).click();
  await page.getByText("<script>globalThis.owned").first().waitFor();
  await expectInert();
});

/** Texts as contracts of records take them. */
const clean = texts.map((text) => text.replaceAll("\0", ""));
/** One in forty of the texts, each of another sort. */
const samples = [0, 43, 86, 129, 172];

/** Goes through the pages of a list, of which the first is shown. */
async function turnPages(page: Page, pages: number): Promise<void> {
  for (let at = 2; at <= pages; at++) {
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText(new RegExp(`^Page ${at}\\b`)).waitFor();
  }
}

it(`runs nothing of ${texts.length} hostile texts in registered models and versions`, async () => {
  const { url } = await startServer({ KSERVE_MODEL_REGISTRY: "[]", DATABASE_URL: "sqlite::memory:" });
  const nameOf = (i: number): string => `${i} ${clean[i]!}`;
  for (const [i, text] of clean.entries()) {
    await register(url, {
      registeredModel: {
        ...{ name: nameOf(i), description: text, owner: text, provider: text, maturity: text, libraryName: text },
        ...{ license: text, licenseLink: text, logo: text, readme: text, language: [text], tasks: [text] },
      },
      modelVersion: { name: text, description: text, author: text },
      artifacts: [{ name: text, modelArtifact: { uri: text, modelFormatName: text } }],
    });
  }
  const halves = [clean.slice(0, 100), clean.slice(100)];
  for (const [i, half] of halves.entries()) {
    await register(url, {
      registeredModel: { name: `all-${i}`, readme: clean.join("\n\n"), tasks: half, language: half },
      modelVersion: {
        name: "1.0",
        customProperties: Object.fromEntries(half.map((text, at) => [`${at} ${text}`, { stringValue: text }])),
      },
      artifacts: half.map((text, at) => ({ name: `${at} ${text}`, description: text, modelArtifact: { uri: text } })),
    });
  }

  const { page, expectInert } = await openWatched();
  await page.goto(`${url}/ui/registered`);
  await page.getByText("Page 1, 202 in all").waitFor();
  await turnPages(page, 9);
  for (const name of ["all-0", "all-1"]) {
    await page.goto(`${url}/ui/registered/${name}`);
    await page.getByRole("heading", { name: "Documentation" }).waitFor();
    await page.goto(`${url}/ui/registered/${name}/versions/1.0`);
    await page.getByText("javascript:globalThis.owned=1").first().waitFor();
  }
  await expectInert();
  for (const i of samples) {
    await page.goto(`${url}/ui/registered/${encodeURIComponent(nameOf(i))}`);
    await page.getByRole("heading", { name: "Aliases" }).waitFor();
    await page.goto(
      `${url}/ui/registered/${encodeURIComponent(nameOf(i))}/versions/${encodeURIComponent(clean[i]!)}/deploy`,
    );
    await page.getByText("What KServe gets").waitFor();
    await expectInert();
  }
}, 180_000);

it(`runs nothing of ${texts.length} hostile texts in the catalog, and fetches nothing that they name`, async () => {
  const properties = (text: string): object =>
    Object.fromEntries(
      [text, "size"].map((name) => [name.slice(0, 100), { metadataType: "MetadataStringValue", string_value: text }]),
    );
  const models = clean.map((text, i) => ({
    ...{ name: `${i} ${text}`, description: text, provider: text, maturity: text, license: text, libraryName: text },
    ...{ logo: text, readme: `${text}\n\n# ${text}\n\n[${text}](${text})\n\n| ${text} |\n| - |\n| ${text} |` },
    ...{ language: [text], tasks: [text], validatedTasks: [text], customProperties: properties(text) },
    artifacts: [
      { uri: `oci://registry.example.org/${encodeURIComponent(text)}`, name: text },
      {
        artifactType: "metrics-artifact",
        metricsType: "accuracy-metrics",
        name: text,
        customProperties: properties(text),
      },
      {
        ...{ artifactType: "metrics-artifact", metricsType: "performance-metrics", name: text },
        customProperties: {
          ...properties(text),
          hardware_type: { metadataType: "MetadataStringValue", string_value: text },
          ttft_p90: { metadataType: "MetadataDoubleValue", double_value: i + 1 },
          hardware_count: { metadataType: "MetadataIntValue", int_value: "1" },
          requests_per_second: { metadataType: "MetadataDoubleValue", double_value: i + 1 },
        },
      },
    ],
  }));
  const refused = clean.map((text) => ({ name: text, licenseLink: text, artifacts: [{ uri: text }] }));
  const servers = clean.map((text, i) => ({
    ...{ name: `${i} ${text}`.replaceAll("@", " "), displayName: text, description: text, provider: text },
    ...{ version: text.slice(0, 100), license: text, logo: text, readme: text, tags: [text], sourceCode: text },
    customProperties: properties(text),
    tools: [
      {
        ...{ name: text, description: text, accessType: "read_only" },
        parameters: [{ name: text, type: text, required: true, description: text }],
      },
    ],
  }));
  const CATALOG_SOURCES = catalogOf([...models, ...refused], servers);
  const { url } = await startServer({ KSERVE_MODEL_REGISTRY: "[]", CATALOG_SOURCES, DATABASE_URL: "sqlite::memory:" });

  const { page, expectInert } = await openWatched();
  for (const [view, heading] of [
    ["catalog", "The models"],
    ["mcp", "The MCP servers"],
  ] as const) {
    await page.goto(`${url}/ui/${view}`);
    const cards = page.getByRole("list", { name: heading }).getByRole("heading");
    await cards.first().waitFor();
    const pages = Math.ceil(texts.length / (await cards.count()));
    await turnPages(page, pages);
    expect(await page.getByRole("button", { name: "Next" }).isDisabled()).toBe(true);
  }
  await page.goto(`${url}/ui/catalog`);
  await page.getByRole("button", { name: /source/ }).click();
  await page.getByText(/Failed to load \d+ model/).waitFor();
  await expectInert();
  for (const i of samples) {
    await page.goto(`${url}/ui/catalog/model?source=lab&name=${encodeURIComponent(models[i]!.name)}`);
    await page.getByRole("heading", { name: "Model card" }).waitFor();
    await page.getByRole("tab", { name: "Performance" }).click();
    await page.getByRole("grid", { name: "Figures" }).waitFor();
    await page.getByRole("tab", { name: "Evaluations" }).click();
    await page.getByText("Accuracy").first().waitFor();
    await page.getByRole("button", { name: "Register" }).click();
    await page.getByLabel("Registered model").waitFor();
    await expectInert();
  }
  await page.goto(`${url}/ui/mcp`);
  for (let i = 0; i < samples.length; i++) {
    await page
      .getByRole("list", { name: "The MCP servers" })
      .getByRole("link")
      .nth(i * 4)
      .click();
    await page.getByRole("grid", { name: "Tools" }).waitFor();
    await expectInert();
    await page.goBack();
  }
}, 180_000);

it(`runs nothing of ${texts.length} hostile texts in predictions, nor of the errors of a model server`, async () => {
  const upstream = await startFakeUpstream();
  onTestFinished(() => upstream.close());
  const entry = (name: string): object => ({ name, service: name, type: "anomaly", url: upstream.url });
  const names = samples.map((i) => `says-no-${i}`);
  const { url } = await startServer({
    KSERVE_MODEL_REGISTRY: JSON.stringify(["answers", ...names].map(entry)),
  });
  upstream.onPredict("answers", answer(200, { predictions: texts.map((text) => ({ [text]: text })) }));
  for (const [i, name] of names.entries()) upstream.onPredict(name, answer(400, { error: texts[samples[i]!]! }));
  const { page, expectInert } = await openWatched();
  const predict = async (name: string, rows: number): Promise<void> => {
    await page.goto(`${url}/ui/models/${name}`);
    await page.getByLabel("Instances as JSON").fill(JSON.stringify(Array.from({ length: rows }, () => [1])));
    await page.getByRole("button", { name: "Predict", exact: true }).click();
  };
  await predict("answers", texts.length);
  await page.getByText(`${texts.length} predictions in`).waitFor();
  await page.getByText("globalThis.owned").first().waitFor();
  await expectInert();
  for (const name of names) {
    await predict(name, 1);
    await page.locator(".pf-v6-c-alert").first().waitFor();
    await expectInert();
  }
});
