import { expect, it, onTestFinished } from "vitest";
import { startPageService } from "../../src/compose/page-service.ts";
import { useBrowser } from "./support/browser.ts";
import { startServer } from "./support/demo.ts";

const browser = useBrowser();

it("serves several registries, each with its own data", async () => {
  const entry = (name: string): object => ({ name, service: name, type: "anomaly", url: "http://127.0.0.1:9" });
  const registries = await Promise.all(
    ["production", "staging"].map(async (name) => {
      const { url } = await startServer({ KSERVE_MODEL_REGISTRY: JSON.stringify([entry(`of-${name}`)]) });
      return { name, address: new URL(url) };
    }),
  );
  const service = await startPageService(registries, { PORT: "0", HOST: "127.0.0.1", LOG_LEVEL: "silent" });
  onTestFinished(() => service.stop());
  const { page, errors, foreign } = await browser.open();
  await page.goto(service.url);
  await page.getByRole("link", { name: "of-production" }).waitFor();
  expect(page.url()).toBe(`${service.url}/production/ui/models`);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByLabel("Bearer token").fill("for-production");
  await page.getByRole("button", { name: "Use token" }).click();
  const tokens = new Set<string | undefined>();
  page.on("request", (request) => {
    if (request.url().includes("/staging/")) tokens.add(request.headers().authorization);
  });
  await page.getByRole("navigation", { name: "Registries" }).getByRole("link", { name: "staging" }).click();
  await page.getByRole("link", { name: "of-staging" }).waitFor();
  expect(await page.getByRole("link", { name: "of-production" }).count()).toBe(0);
  // A token that was pasted for one registry goes to no other.
  expect([...tokens]).toEqual([undefined]);
  await page.goto(`${service.url}/staging`);
  await page.getByRole("link", { name: "of-staging" }).waitFor();
  await page.goto(`${service.url}/ui/`);
  await page.getByRole("link", { name: "of-production" }).waitFor();
  for (const path of ["/elsewhere/ui/", "/staging/metrics", "/api/v1/models"]) {
    expect((await fetch(`${service.url}${path}`)).status).toBe(404);
  }
  expect([errors, foreign]).toEqual([[], []]);
});
