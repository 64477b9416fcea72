import { expect, it } from "vitest";
import { useBrowser } from "./support/browser.ts";
import { startServer } from "./support/demo.ts";

const browser = useBrowser();

it("takes the namespace only from the dashboard that embeds it", async () => {
  const entry = (namespace: string): object => ({
    ...{ name: `of-${namespace}`, service: "s", type: "anomaly", url: "http://127.0.0.1:9" },
    namespace,
  });
  const { url } = await startServer({ KSERVE_MODEL_REGISTRY: JSON.stringify([entry("team-a"), entry("team-b")]) });
  const { page, errors } = await browser.open();
  // Stands for the dashboard, at the origin of the page, as behind one gateway.
  await page.route(`${url}/dashboard`, (route) =>
    route.fulfill({
      contentType: "text/html",
      body: `<iframe src="/ui/models" width="1200" height="800" title="page"></iframe>
        <script>
          globalThis.said = [];
          addEventListener("message", ({ data }) => {
            said.push(data.type);
            event.source.postMessage({ type: "parent-connected" }, origin);
          });
        </script>`,
    }),
  );
  await page.goto(`${url}/dashboard`);
  const frame = page.frameLocator("iframe");
  await frame.getByText("2 models", { exact: true }).waitFor();
  expect(await page.evaluate("said")).toEqual(["iframe-connected"]);
  const choose = (type: string, value?: unknown): Promise<unknown> =>
    page.evaluate(`frames[0].postMessage(${JSON.stringify({ type, value })}, "*")`);
  await choose("namespace-selected", "team-b");
  await frame.getByText("1 of 2 models").waitFor();
  await frame.getByRole("link", { name: "of-team-b" }).waitFor();
  for (const odd of ["<b>", 7, { a: 1 }, null, "x".repeat(64)]) await choose("namespace-selected", odd);
  // One that is not the dashboard.
  await frame.locator("body").evaluate(`window.postMessage({ type: "namespace-selected", value: "team-a" }, "*")`);
  await frame.getByRole("link", { name: "Models", exact: true }).click();
  await frame.getByText("1 of 2 models").waitFor();
  await frame.getByRole("link", { name: "of-team-b" }).waitFor();
  await choose("all-namespaces");
  await frame.getByText("2 models", { exact: true }).waitFor();
  expect(errors).toEqual([]);
});
