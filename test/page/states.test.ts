import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { useBrowser } from "./support/browser.ts";
import { useDemo } from "./support/demo.ts";

const browser = useBrowser();
const demo = useDemo();

/** Every view that calls the server, what it says that it is loading, and a text that it shows afterwards. */
const views = [
  { path: "models/disk-failure-predictor", awaited: "disk-failure-predictor", text: "Add row" },
  { path: "registered", awaited: "the registered models", text: "storage-team" },
  { path: "registered/disk-failure-predictor", awaited: "disk-failure-predictor", text: "champion" },
  { path: "registered/disk-failure-predictor/versions/1.1.0", awaited: "1.1.0", text: "s3://models/" },
  {
    path: `compare?name=disk-failure-predictor&versions=${encodeURIComponent('["1.0.0","1.1.0"]')}`,
    awaited: "the comparison",
    text: "accuracy",
  },
  { path: "catalog", awaited: "the models", text: "tinkerers/leaf-vision" },
  { path: "catalog?prepared=default-performance-filters", awaited: "the models", text: "heron/heron-chat-2b-int8" },
  {
    path: "catalog/model?source=validated&name=heron%2Fheron-chat-2b",
    awaited: "heron/heron-chat-2b",
    text: "apache-2.0",
  },
  { path: "mcp", awaited: "the MCP servers", text: "clock" },
];

/** The calls of a page but for the stream of models, which goes on. */
const calls = /\.v1\.\w+\/(?!WatchModels)\w+(?:\?|$)/;

async function answerCalls(page: Page, status: number, body: object): Promise<void> {
  await page.route(calls, (route) =>
    route.fulfill({ status, contentType: "application/json", body: JSON.stringify(body) }),
  );
}

describe("every view", () => {
  it("says what a person may not see, and whom to ask", async () => {
    const { page, errors } = await browser.open();
    await answerCalls(page, 403, { code: "permission_denied", message: "You may not use this, says the test" });
    for (const { path } of views) {
      await page.goto(`${demo.url}/ui/${path}`);
      await page.getByText("Permission denied").first().waitFor();
      await page.getByText("You may not use this, says the test").first().waitFor();
      await page.getByText("Ask the operators of the service for access").first().waitFor();
    }
    expect(errors).toEqual([]);
  });

  it("says what failed, in the words of the server, and tries again when it is asked", async () => {
    const { page, errors } = await browser.open();
    for (const { path, text } of views) {
      await answerCalls(page, 500, { code: "internal", message: "A wheel has come off" });
      await page.goto(`${demo.url}/ui/${path}`);
      await page.getByText("A wheel has come off").first().waitFor();
      await page.unroute(calls);
      await page.getByRole("button", { name: "Try again" }).first().click();
      await page.getByText(text).first().waitFor();
    }
    expect(errors).toEqual([]);
  });

  it("says that the benchmarks of a model failed, and tries again when it is asked", async () => {
    const { page } = await browser.open();
    await page.route(/ListPerformanceArtifacts/, (route) => route.fulfill({ status: 500, body: "{}" }));
    await page.goto(`${demo.url}/ui/catalog/model?source=validated&name=heron%2Fheron-chat-2b`);
    await page.getByRole("tab", { name: "Performance" }).click();
    await page.getByRole("button", { name: "Try again" }).waitFor();
    await page.unroute(/ListPerformanceArtifacts/);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("grid", { name: "Figures" }).waitFor();
  });

  it("says what it is waiting for, and that it takes long", async () => {
    const { page } = await browser.open();
    await page.route(calls, () => {});
    for (const [i, { path, awaited }] of views.entries()) {
      await page.goto(`${demo.url}/ui/${path}`);
      await page.getByText(`Loading ${awaited}`).waitFor();
      if (i === 0) await page.getByText(`Still loading ${awaited}`).waitFor();
    }
  });
});
