import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { useBrowser } from "./support/browser.ts";
import { useDemo } from "./support/demo.ts";

const browser = useBrowser();
const demo = useDemo();

/** Every view that asks the server for something, and what it is called while that is on its way. */
const views = [
  { path: "models/disk-failure-predictor", awaited: "disk-failure-predictor" },
  { path: "registered", awaited: "the registered models" },
  { path: "registered/disk-failure-predictor", awaited: "disk-failure-predictor" },
  { path: "registered/disk-failure-predictor/versions/1.1.0", awaited: "1.1.0" },
  { path: `compare?name=x&versions=${encodeURIComponent('["1","2"]')}`, awaited: "the comparison" },
  { path: "catalog", awaited: "the models" },
  { path: "catalog/model?source=validated&name=heron%2Fheron-chat-2b", awaited: "heron/heron-chat-2b" },
  { path: "mcp", awaited: "the MCP servers" },
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
    await answerCalls(page, 500, { code: "internal", message: "A wheel has come off" });
    for (const { path } of views) {
      await page.goto(`${demo.url}/ui/${path}`);
      await page.getByText("A wheel has come off").first().waitFor();
      expect(await page.getByRole("button", { name: "Try again" }).count()).toBeGreaterThan(0);
    }
    await page.unroute(calls);
    await page.getByRole("button", { name: "Try again" }).first().click();
    await page.getByRole("link", { name: "clock" }).waitFor();
    expect(errors).toEqual([]);
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
