import { describe, expect, it } from "vitest";
import { useBrowser } from "./support/browser.ts";
import { startServer, useDemo } from "./support/demo.ts";

const browser = useBrowser();
const demo = useDemo();

/** Calls the registry of versions. */
async function call<T>(url: string, method: string, request: object): Promise<T> {
  const answer = await fetch(`${url}/kserve.versions.v1.VersionRegistry/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as T;
}

/** The names of the versions that a filter finds. */
async function filtered(url: string, filter: string): Promise<string[]> {
  const { modelVersions = [] } = await call<{ modelVersions?: { name: string }[] }>(url, "ListModelVersions", {
    filter,
  });
  return modelVersions.map(({ name }) => name);
}

describe("the views of registered models", () => {
  it("are not offered where the server keeps no versions", async () => {
    const { url } = await startServer({ KSERVE_MODEL_REGISTRY: "[]" });
    const { page } = await browser.open();
    await page.goto(`${url}/ui/`);
    await page.getByText("No models yet").waitFor();
    expect(await page.getByRole("link", { name: "Registered models" }).count()).toBe(0);
  });

  it("compare versions, with what differs marked and metrics as bars", async () => {
    const { page } = await browser.open();
    await page.goto(`${demo.url}/ui/`);
    await page.getByRole("link", { name: "Registered models" }).click();
    await page.getByRole("link", { name: "disk-failure-predictor" }).click();
    await page.getByLabel("Compare 1.0.0").check();
    await page.getByLabel("Compare 1.1.0").check();
    await page.getByRole("button", { name: "Compare 2 versions" }).click();
    const row = page.getByRole("row", { name: /accuracy/ });
    expect(await row.textContent()).toMatch(/differs.*0\.9[17].*0\.9[17]/);
    await page.getByRole("img", { name: "accuracy by version" }).waitFor();
    const feature = page.getByRole("gridcell", { name: "disk_utilization", exact: true });
    await feature.waitFor();
    await page.getByLabel("Only what differs").press("Space");
    await feature.waitFor({ state: "detached" });
  });

  it("lead a version through its life", async () => {
    const { page } = await browser.open();
    await page.goto(`${demo.url}/ui/register`);
    await page.locator("#register-name").fill("churn");
    await page.locator("#register-version").fill("1.0");
    await page.getByLabel("Where its files are").fill("s3://models/churn/1.0");
    await page.getByLabel("Metrics").fill("auc = good");
    await page.getByText("auc: expected a number").waitFor();
    await page.getByLabel("Metrics").fill("auc = 0.88");
    await page.getByLabel("Properties").fill("team = growth");
    await page.getByRole("button", { name: "Register", exact: true }).click();
    await page.getByText("s3://models/churn/1.0").waitFor();
    await page.getByText("0.88").waitFor();
    await page.getByText("growth").waitFor();

    await page.getByRole("button", { name: "Edit description" }).click();
    await page.getByLabel("description", { exact: true }).fill("Who will leave");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Who will leave").waitFor();

    await page.getByRole("button", { name: "Edit properties and labels" }).click();
    await page.getByLabel("Value of property team").fill("growth and sales");
    await page.getByRole("button", { name: "Add property" }).click();
    await page.getByLabel("Name of property that is new").fill("team");
    await page.getByText("team is there twice").waitFor();
    await page.getByLabel("Name of property team").last().fill("reviewed");
    await page.getByRole("button", { name: "Add property" }).click();
    await page.getByLabel("Name of property that is new").fill("rows");
    await page.getByLabel("Value of property rows").fill("many");
    await page.getByLabel("Type of property rows").selectOption("whole number");
    await page.getByText("rows: expected a whole number").waitFor();
    await page.getByLabel("Value of property rows").fill("4000");
    await page.getByRole("button", { name: "Save properties" }).click();
    await page.getByRole("row", { name: /team.*growth and sales/ }).waitFor();
    await page.getByText("reviewed", { exact: true }).waitFor();
    expect(await filtered(demo.url, "rows > 3999")).toEqual(["1.0"]);

    await page.getByRole("button", { name: "Edit details" }).click();
    await page.getByLabel("Author").fill("ada");
    await page.getByRole("button", { name: "Save details" }).click();
    await page.getByRole("button", { name: "Edit details" }).waitFor();
    await page.getByText("ada", { exact: true }).waitFor();

    await page.getByRole("link", { name: "churn", exact: true }).click();
    await page.getByRole("button", { name: "Edit details" }).click();
    await page.getByLabel("License", { exact: true }).fill("apache-2.0");
    await page.getByLabel("Tasks, comma-separated").fill("churn, ranking");
    await page.getByRole("button", { name: "Save details" }).click();
    await page.getByText("churn, ranking").waitFor();
    await page.getByRole("button", { name: "Edit documentation" }).click();
    await page.getByLabel("documentation", { exact: true }).fill("## How to read it\n\nHigh is **bad**.");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("heading", { name: "How to read it" }).waitFor();
    await page.getByLabel("Alias", { exact: true }).fill("champion");
    await page.getByRole("button", { name: "Set alias" }).click();
    await page.getByText("points to 1.0").waitFor();
    await page.getByRole("button", { name: "Delete alias champion" }).click();
    await page.getByText("points to 1.0").waitFor({ state: "detached" });

    await page.getByRole("button", { name: "Archive" }).click();
    const archive = page.getByRole("dialog").getByRole("button", { name: "Archive" });
    expect(await archive.isDisabled()).toBe(true);
    await page.getByLabel("Type churn to go on").fill("churn");
    await archive.click();
    await page.getByRole("button", { name: "Restore" }).click();
    await page.getByRole("button", { name: "Archive" }).waitFor();

    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByLabel("Type churn to go on").fill("churn");
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByText("Not possible right now").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("link", { name: "1.0", exact: true }).click();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByLabel("Type 1.0 to go on").fill("1.0");
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page
      .getByRole("dialog")
      .getByText(/Not possible right now|refers/)
      .first()
      .waitFor();
  });

  it("are led to from the models that run", async () => {
    const { page } = await browser.open();
    await page.goto(`${demo.url}/ui/`);
    await page
      .getByRole("row", { name: /disk-failure-predictor/ })
      .getByRole("link", { name: /1\.1\.0/ })
      .click();
    await page.getByText("s3://models/disk-failure-predictor/1.1.0").waitFor();
  });

  it("go to the first page of all models when a search is cleared on a later page", async () => {
    const { url } = await startServer({ KSERVE_MODEL_REGISTRY: "[]", DATABASE_URL: "sqlite::memory:" });
    const names = ["other", ...Array.from({ length: 26 }, (_, i) => `model-${i}`)];
    await Promise.all(names.map((name) => call(url, "CreateRegisteredModel", { registeredModel: { name } })));
    const { page } = await browser.open();
    const refused: string[] = [];
    page.on("response", (answer) => {
      if (answer.url().includes("VersionRegistry") && !answer.ok()) refused.push(answer.url());
    });
    await page.goto(`${url}/ui/registered`);
    await page.getByText("Page 1, 27 in all").waitFor();
    await page.getByLabel("Search registered models").fill("model-");
    await page.getByText("Page 1, 26 in all").waitFor();
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("Page 2, 26 in all").waitFor();
    await page.getByRole("button", { name: "Reset" }).click();
    await page.getByText("Page 1, 27 in all").waitFor();
    expect(refused).toEqual([]);
  });

  it("find names by the server, whatever they have in them", async () => {
    const { page } = await browser.open();
    await page.goto(`${demo.url}/ui/registered`);
    await page.getByLabel("Search registered models").fill("DISK");
    await page.getByRole("link", { name: "disk-failure-predictor" }).waitFor();
    await page.getByLabel("Search registered models").fill('50% "off" \\');
    await page.getByText("No registered model matches").waitFor();
  });
});
