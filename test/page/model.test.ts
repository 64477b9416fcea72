import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { useBrowser } from "./support/browser.ts";
import { startServer, useDemo } from "./support/demo.ts";

const browser = useBrowser();
const demo = useDemo();

async function openModel(name: string): Promise<Page> {
  const { page } = await browser.open();
  await page.goto(`${demo.url}/ui/models/${name}`);
  await page.getByRole("button", { name: "Predict", exact: true }).waitFor();
  return page;
}

/** Pastes a text into the place that has the focus. */
async function paste(page: Page, text: string): Promise<void> {
  await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
  await page.keyboard.press("ControlOrMeta+V");
}

describe("the view of a model", () => {
  it("predicts from a form, and says what it means and what its owner advises", async () => {
    const page = await openModel("disk-failure-predictor");
    await page.getByLabel("disk_utilization, row 1").fill("91.2");
    await page.getByLabel("iops, row 1").fill("5000");
    await page.getByLabel("disk_age_days, row 1").fill("365");
    await page.getByRole("button", { name: "Predict", exact: true }).click();
    const row = page.getByRole("grid", { name: "Predictions" }).getByRole("row").nth(1);
    await row.getByText("crossed: ≥ 0.7").waitFor();
    expect(await row.textContent()).toMatch(/"failure_probability":0\.91.*scale-storage: increase-capacity/);
  });

  it("marks the cell that is wrong", async () => {
    const page = await openModel("disk-failure-predictor");
    await page.getByRole("button", { name: "Add row" }).click();
    await page.getByLabel("disk_utilization, row 2").fill("50");
    await page.getByLabel("iops, row 2").fill("lots");
    await page.getByLabel("disk_age_days, row 2").fill("1");
    await page.getByRole("button", { name: "Predict", exact: true }).click();
    await page.getByText("instances[1].iops").waitFor();
    const cell = page.getByLabel("iops, row 2");
    expect(await cell.getAttribute("aria-invalid")).toBe("true");
    await page
      .locator(`[id="${await cell.getAttribute("aria-describedby")}"]`)
      .getByText("expected a number")
      .waitFor();
    expect(await page.getByLabel("iops, row 1").getAttribute("aria-invalid")).toBe("false");
  });

  it("takes rows that are pasted from a spreadsheet, whatever the order of its columns, and draws a chart", async () => {
    const page = await openModel("disk-failure-predictor");
    await page.getByLabel("iops, row 1").focus();
    await paste(page, "iops\tdisk_age_days\tdisk_utilization\n5000\t365\t91.2\n100\t10\t20\n");
    expect(await page.getByLabel("disk_utilization, row 1").inputValue()).toBe("91.2");
    expect(await page.getByLabel("iops, row 2").inputValue()).toBe("100");
    await page.getByRole("button", { name: "Predict", exact: true }).click();
    await page.getByText("2 predictions in").waitFor();
    await page.getByRole("img", { name: "Predictions by row" }).waitFor();
  });

  it.each([
    ["more rows than it may have", "1,2,3\n".repeat(10_002), "The table has more than 10,000 rows."],
    ["a row with a cell too many", "1,2,3\n1,2,3,4\n", "Row 2 has more cells than the first row"],
    ["a quote that is not closed", '1,2,3\n"1,2,3\n1,2,3\n', "A quoted cell has no closing quote."],
  ])("rejects a CSV file with %s, instead of leaving something out", async (_what, content, problem) => {
    const page = await openModel("disk-failure-predictor");
    await page
      .getByLabel("CSV file with rows")
      .setInputFiles({ name: "rows.csv", mimeType: "text/csv", buffer: Buffer.from(content) });
    await page.getByText(problem).waitFor();
    expect(await page.getByLabel("iops, row 2").count()).toBe(0);
  });

  it("takes rows of a CSV file, and sends more of them than it shows", async () => {
    const page = await openModel("disk-failure-predictor");
    const rows = Array.from({ length: 120 }, (_, i) => `${i % 100},${i},${i}`).join("\n");
    await page
      .getByLabel("CSV file with rows")
      .setInputFiles({ name: "rows.csv", mimeType: "text/csv", buffer: Buffer.from(rows) });
    await page.getByText("And 70 more rows").waitFor();
    await page.getByRole("button", { name: "Predict", exact: true }).click();
    await page.getByText("120 predictions in").waitFor();
  });

  it("says what is wrong with a table whose columns it cannot tell", async () => {
    const page = await openModel("disk-failure-predictor");
    await page.getByLabel("iops, row 1").focus();
    await paste(page, "1\t2\t3\t4\n");
    await page.getByText("The rows have 4 columns, and the model takes 3").waitFor();
  });

  it("takes JSON for a model that declares no features, and draws its forecasts over steps", async () => {
    const page = await openModel("predictive-analytics");
    await page
      .getByLabel("Instances as JSON")
      .fill('{"instances": [[52, 56, 59, 61, 62, 62], [10, 20, 30, 40, 50, 60]]}');
    await page.getByRole("button", { name: "Predict", exact: true }).click();
    await page.getByRole("img", { name: "Predictions by step" }).waitFor();
    await page.getByLabel("Instances as JSON").fill("[[1, 2");
    await page.getByRole("button", { name: "Predict", exact: true }).click();
    await page.getByText("This is not JSON").waitFor();
  });

  it("shows the words of the model where it refuses the rows", async () => {
    const page = await openModel("predictive-analytics");
    await page.getByLabel("Instances as JSON").fill("[[1, 2]]");
    await page.getByRole("button", { name: "Predict", exact: true }).click();
    await page
      .getByText(/features/)
      .first()
      .waitFor();
  });

  it("gives the same call to copy in four languages", async () => {
    const page = await openModel("anomaly-detector");
    await page.getByLabel("Instances as JSON").fill("[[9, 9, 9]]");
    await page.getByRole("tab", { name: "Call it" }).click();
    for (const [language, text] of [
      ["curl", `curl ${demo.url}/api/v1/models/anomaly-detector/predict`],
      ["buf curl", "kserve.registry.v1.ModelRegistry/Predict"],
      ["Python", "urllib.request"],
      ["TypeScript", "await fetch("],
    ] as const) {
      await page.getByRole("button", { name: language, exact: true }).click();
      const code = page.getByLabel("Text to copy");
      await code.getByText(text).waitFor();
      expect(await code.textContent()).toContain("9");
      await page.getByRole("button", { name: "Copy", exact: true }).click();
      expect(await page.evaluate("navigator.clipboard.readText()")).toBe(await code.textContent());
      await page.getByRole("button", { name: "Copied" }).waitFor();
      await page.getByRole("button", { name: "Copy", exact: true }).waitFor();
    }
  });

  it("is examined step by step, and says what to change where a step fails", async () => {
    const page = await openModel("disk-failure-predictor");
    await page.getByRole("tab", { name: "Examine" }).click();
    await page.getByRole("button", { name: "Examine" }).click();
    await page.getByText("The model can be called").waitFor();
    await page.getByText(/disk_age_days.* gives \[/).waitFor();

    const away = { name: "away", service: "away", type: "anomaly", url: "http://no-such-host.invalid" };
    const { url } = await startServer({ KSERVE_MODEL_REGISTRY: JSON.stringify([away]) });
    await page.goto(`${url}/ui/models/away`);
    await page.getByRole("tab", { name: "Examine" }).click();
    await page.getByRole("button", { name: "Examine" }).click();
    await page.getByText("Correct the entry's url").waitFor();
    expect(await page.getByText("Skipped: not tried, because dns failed").count()).toBe(5);
  });

  it("shows the contract in its three forms, and saves it", async () => {
    const page = await openModel("disk-failure-predictor");
    await page.getByRole("tab", { name: "Contract" }).click();
    await page.getByText("service DiskFailurePredictor").waitFor();
    await page.getByRole("button", { name: "JSON Schema" }).click();
    await page.getByText('"$schema"').waitFor();
    await page.getByRole("button", { name: "OpenAPI" }).click();
    await page.getByText('"openapi"').waitFor();
    await page.getByRole("button", { name: ".proto", exact: true }).click();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download disk_failure_predictor.proto" }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe("disk_failure_predictor.proto");
    expect(await readFile(await file.path(), "utf8")).toContain("service DiskFailurePredictor");
  });

  it("shows where its calls go and why, and how it is", async () => {
    const page = await openModel("disk-failure-predictor");
    await page.getByRole("tab", { name: "Details" }).click();
    await page.getByText("/v1/models/disk-failure-predictor:predict").waitFor();
    await page.getByText("set in the entry").waitFor();
    await page.getByText("KSERVE_MODEL_REGISTRY[").waitFor();
  });
});
