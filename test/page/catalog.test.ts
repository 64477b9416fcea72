import { describe, expect, it } from "vitest";
import { useBrowser } from "./support/browser.ts";
import { catalogOf } from "./support/catalog.ts";
import { startServer, useDemo } from "./support/demo.ts";

const browser = useBrowser();
const demo = useDemo();

describe("the views of the catalog", () => {
  it("are not offered where there is none", async () => {
    const { url } = await startServer({ KSERVE_MODEL_REGISTRY: "[]" });
    const { page } = await browser.open();
    await page.goto(`${url}/ui/`);
    await page.getByText("No models yet").waitFor();
    expect(await page.getByRole("link", { name: "Catalog" }).count()).toBe(0);
  });

  it("narrow models down by what they have, and keep that in the address bar", async () => {
    const { page } = await browser.open();
    await page.goto(`${demo.url}/ui/`);
    await page.getByRole("link", { name: "Catalog" }).click();
    const cards = page.getByRole("list", { name: "The models" }).getByRole("heading");
    await page.getByRole("link", { name: "tinkerers/leaf-vision" }).waitFor();
    expect(await cards.count()).toBe(12);
    await page.getByRole("group", { name: "Task" }).getByRole("button", { name: /more/ }).click();
    await page.getByLabel("text-generation").check();
    await page.getByRole("link", { name: "tinkerers/leaf-vision" }).waitFor({ state: "detached" });
    await page.getByRole("group", { name: "Size" }).getByLabel("2B", { exact: true }).check();
    await page.getByRole("link", { name: "heron/heron-chat-20b" }).waitFor({ state: "detached" });
    expect(await cards.allTextContents()).toEqual(["heron/heron-chat-2b", "heron/heron-chat-2b-int8"]);
    await page.reload();
    await page.getByRole("link", { name: "heron/heron-chat-2b-int8" }).waitFor();
    expect(await cards.count()).toBe(2);
    await page.getByLabel("Search models").fill("nothing of this kind");
    await page.getByText("Nothing matches").waitFor();
    await page.getByRole("button", { name: "Clear all filters" }).click();
    await page.getByLabel("Group").selectOption("Community models");
    await page.getByRole("link", { name: "heron/heron-chat-2b", exact: true }).waitFor({ state: "detached" });
    expect(await cards.allTextContents()).toContain("tinkerers/leaf-vision");
    await page.getByRole("button", { name: "Clear filters" }).click();
    await page.getByLabel("Named query").selectOption("default-performance-filters");
    await page.getByRole("link", { name: "tinkerers/leaf-vision" }).waitFor({ state: "detached" });
    await page.getByLabel("Order").selectOption("artifacts.ttft_p90.double_value");
    await page.getByRole("link", { name: "heron/heron-chat-20b" }).waitFor();
    expect(await page.getByText("2 sources, ").count()).toBe(0);
  });

  it("show latency over throughput by hardware, and what is worth choosing for a load", async () => {
    const { page } = await browser.open();
    await page.goto(`${demo.url}/ui/catalog/model?source=validated&name=heron%2Fheron-chat-2b`);
    await page.getByRole("tab", { name: "Performance" }).click();
    await page.getByRole("img", { name: "ttft_p90 over throughput, by hardware" }).waitFor();
    expect(await page.getByRole("list", { name: "Lines" }).textContent()).toBe("Copper-80Tin-40");
    const rows = page.getByRole("grid", { name: "Figures" }).locator("tbody tr");
    expect(await rows.count()).toBe(4);
    expect(await rows.first().textContent()).toContain("33.8");
    await page.getByRole("spinbutton", { name: "Requests per second to serve" }).fill("20");
    // Four of Tin-40, each at 6.5 requests a second.
    await page
      .getByRole("row", { name: /Tin-40.*84\.5/ })
      .getByText("26", { exact: true })
      .waitFor();
    await page.getByLabel("Only recommended configurations").press("Space");
    await page.getByRole("row", { name: /Tin-40.*84\.5/ }).waitFor({ state: "detached" });
    await page.getByRole("tab", { name: "Evaluations" }).click();
    await page.getByRole("row", { name: /overall_average.*50\.8/ }).waitFor();
  });

  it("register a model, and say why another cannot be", async () => {
    const { page } = await browser.open();
    await page.goto(`${demo.url}/ui/catalog/model?source=validated&name=heron%2Fheron-chat-2b`);
    await page.getByRole("button", { name: "Register" }).click();
    await page.getByLabel("Registered model").fill("heron-chat");
    await page.getByLabel("Version").fill("2024-1");
    await page.getByRole("dialog").getByRole("button", { name: "Register" }).click();
    await page.waitForURL("**/ui/registered/heron-chat/versions/2024-1");
    await page.getByText("oci://registry.example.org/heron-chat-2b:1.0").first().waitFor();

    const CATALOG_SOURCES = catalogOf([{ name: "lab/idea" }, { name: "lab/model", artifacts: [{ uri: "s3://m/1" }] }]);
    const { url } = await startServer({ KSERVE_MODEL_REGISTRY: "[]", CATALOG_SOURCES });
    await page.goto(`${url}/ui/catalog/model?source=lab&name=lab%2Fmodel`);
    await page.getByText("This server has no registry of versions").waitFor();
    const second = await startServer({ KSERVE_MODEL_REGISTRY: "[]", CATALOG_SOURCES, DATABASE_URL: "sqlite::memory:" });
    await page.goto(`${second.url}/ui/catalog/model?source=lab&name=lab%2Fidea`);
    await page.getByText("The catalog has no location for this model").waitFor();
  });

  it("show a model card as Markdown, and nothing of what hostile Markdown would do", async () => {
    const readme = [
      "# Card\n\n### Far below\n\n**bold** and `code`\n\n| a | b |\n| - | - |\n| 1 | 2 |\n",
      "<script>globalThis.owned = 1</script><img src=x onerror='globalThis.owned = 1'>",
      "![a picture](http://attacker.example/x.png) [good](https://example.org/a) [bad](javascript:globalThis.owned=1)",
      "[worse][1] <javascript:globalThis.owned=1> [data](data:text/html,<script>1</script>) [own](/api/v1/models)\n",
      "[1]: JAVASCRIPT:globalThis.owned=1 'title'\n",
      `${"[".repeat(20_000)}\n\n${"> ".repeat(500)}deep\n\n${"*a ".repeat(5000)}`,
    ].join("\n");
    const CATALOG_SOURCES = catalogOf([
      { name: "lab/hostile", readme, logo: "http://attacker.example/logo.png", description: readme.slice(0, 500) },
    ]);
    const { url } = await startServer({ KSERVE_MODEL_REGISTRY: "[]", CATALOG_SOURCES });
    const { page, errors, foreign } = await browser.open();
    await page.goto(`${url}/ui/catalog`);
    await page.getByRole("link", { name: "lab/hostile" }).click();
    await page.getByRole("heading", { name: "Card", level: 3 }).waitFor();
    await page.getByRole("heading", { name: "Far below", level: 4 }).waitFor();
    await page.getByRole("cell", { name: "2" }).waitFor();
    const links = await page
      .locator(".kmr-markdown a")
      .evaluateAll((all) => all.map((link) => link.getAttribute("href")));
    expect(links).toEqual(["https://example.org/a"]);
    await page.getByText("(example.org)").waitFor();
    expect(await page.locator(".kmr-markdown :is(script, img, iframe, style)").count()).toBe(0);
    expect(await page.evaluate(() => (globalThis as { owned?: number }).owned)).toBeUndefined();
    expect([errors, foreign]).toEqual([[], []]);
  });

  it("show MCP servers with their tools", async () => {
    const { page } = await browser.open();
    await page.goto(`${demo.url}/ui/mcp`);
    await page.getByRole("link", { name: "clock" }).waitFor();
    await page.getByRole("group", { name: "Runs" }).getByLabel("local").check();
    await page.getByRole("link", { name: "clock" }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Clear filters" }).click();
    await page.getByRole("group", { name: "Tools only read" }).getByLabel("no", { exact: true }).check();
    await page.getByRole("link", { name: "clock" }).waitFor({ state: "detached" });
    expect(await page.getByRole("link", { name: "tickets" }).count()).toBe(1);
    await page.getByRole("button", { name: "Clear filters" }).click();
    await page.getByLabel("Named query").selectOption("read_only_servers");
    await page.getByRole("link", { name: "tickets" }).waitFor({ state: "detached" });
    await page.getByRole("link", { name: "clock" }).click();
    await page.getByText("https://clock.example.org/mcp").waitFor();
    const tool = page.getByRole("grid", { name: "Tools" }).getByRole("row", { name: /convert/ });
    expect(await tool.textContent()).toMatch(/read only.*time string, required/);
  });
});
