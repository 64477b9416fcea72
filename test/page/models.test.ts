import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  WatchEvent,
  WatchModelsRequestSchema,
  WatchModelsResponseSchema,
} from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { useBrowser } from "./support/browser.ts";
import { startServer } from "./support/demo.ts";

const browser = useBrowser();
const entry = (name: string, rest: object = {}): object => ({
  name,
  service: `${name}-predictor`,
  type: "anomaly",
  url: "http://127.0.0.1:9",
  ...rest,
});

/** A models file that can be changed as an editor does it. */
function modelsFile(models: readonly object[]): {
  path: string;
  write(models: readonly object[]): void;
  /** Leaves a text there that nobody can read. */
  break(): void;
} {
  const folder = mkdtempSync(join(tmpdir(), "page-models-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "models.yaml");
  const write = (next: readonly object[]): void => {
    writeFileSync(`${path}.new`, JSON.stringify({ models: next }));
    renameSync(`${path}.new`, path);
  };
  write(models);
  return { path, write, break: () => writeFileSync(path, "models: [") };
}

describe("the view of models", () => {
  it("is where a browser that asks for the service gets to", async () => {
    const { url } = await startServer({ KSERVE_MODEL_REGISTRY: JSON.stringify([entry("alpha")]) });
    const { page } = await browser.open();
    await page.goto(url);
    await page.getByRole("link", { name: "alpha" }).waitFor();
    expect(page.url()).toBe(`${url}/ui/models`);
    expect(await page.title()).toBe("Models · Model Registry");
  });

  it("shows what comes, changes and goes, without being loaded again", async () => {
    const file = modelsFile([entry("alpha")]);
    const { url } = await startServer({ KSERVE_MODELS_FILE: file.path });
    const { page } = await browser.open();
    await page.goto(`${url}/ui/`);
    await page.getByRole("link", { name: "alpha" }).waitFor();
    file.write([entry("alpha", { description: "Looks at disks" }), entry("beta")]);
    await page.getByRole("link", { name: "beta" }).waitFor();
    await page.getByText("Looks at disks").waitFor();
    file.write([entry("beta")]);
    await page.getByRole("link", { name: "alpha" }).waitFor({ state: "detached" });
  });

  it("leads from each of two models of one name to its own", async () => {
    const models = [entry("alpha", { namespace: "team-a" }), entry("alpha", { namespace: "team-b" })];
    const { url } = await startServer({ KSERVE_MODEL_REGISTRY: JSON.stringify(models) });
    const { page } = await browser.open();
    await page.goto(`${url}/ui/models`);
    await page.getByText("2 models", { exact: true }).waitFor();
    const links = page.getByRole("link", { name: "alpha" });
    expect(
      await links.evaluateAll((all) => all.map((link) => link.getAttribute("href")?.split("/models/")[1])),
    ).toEqual(expect.arrayContaining(["alpha", "alpha?namespace=team-b"]));
    await page.locator('a[href$="namespace=team-b"]').click();
    await page
      .getByText(/team-b/)
      .first()
      .waitFor();
    await page.getByRole("tab", { name: "Call it" }).click();
    await page.getByText("/api/v1/namespaces/team-b/models/alpha/predict").waitFor();
  });

  it("leads from a triggered model to that of its namespace", async () => {
    const models = ["team-a", "team-b"].map((namespace) =>
      entry("alpha", { namespace, triggers: [`load-${namespace}`] }),
    );
    const { url } = await startServer({ KSERVE_MODEL_REGISTRY: JSON.stringify(models) });
    const { page } = await browser.open();
    await page.goto(`${url}/ui/triggers`);
    await page.getByLabel("Value of load-team-b").fill("true");
    await page.getByRole("button", { name: "Evaluate" }).click();
    await page.getByRole("link", { name: "alpha" }).click();
    await page.waitForURL("**/ui/models/alpha?namespace=team-b");
  });

  it("keeps filters and search in the address bar", async () => {
    const models = [entry("alpha"), entry("beta", { type: "predictive" }), entry("gamma", { type: "predictive" })];
    const { url } = await startServer({ KSERVE_MODEL_REGISTRY: JSON.stringify(models) });
    const { page } = await browser.open();
    await page.goto(`${url}/ui/models`);
    await page.getByRole("combobox", { name: "Type" }).selectOption("predictive");
    await page.getByText("2 of 3 models").waitFor();
    await page.getByLabel("Search models").fill("gam");
    await page.getByText("1 of 3 models").waitFor();
    expect(new URL(page.url()).search).toBe("?q=gam&type=predictive");
    await page.reload();
    await page.getByText("1 of 3 models").waitFor();
    await page.getByLabel("Search models").fill("nothing");
    await page.getByText("No model matches").waitFor();
    await page.getByRole("button", { name: "Clear filters" }).first().click();
    await page.getByText("3 models", { exact: true }).waitFor();
  });

  it("shows what is refused and what is shadowed, and why", async () => {
    const file = modelsFile([entry("alpha"), { ...entry("broken"), type: "magic" }]);
    const { url } = await startServer({
      KSERVE_MODELS_FILE: file.path,
      KSERVE_MODEL_REGISTRY: JSON.stringify([entry("alpha")]),
    });
    const { page } = await browser.open();
    await page.goto(`${url}/ui/`);
    await page.getByRole("button", { name: "1 rejected entry, 1 shadowed" }).click();
    const row = page.getByRole("row", { name: /broken/ });
    await row.getByText("rejected").waitFor();
    expect(await row.textContent()).toMatch(/type.*anomaly, predictive/);
  });

  it("shows which models no calls go to, and that a source is not up to date", async () => {
    const file = modelsFile([entry("alpha"), entry("beta")]);
    const { url } = await startServer({ KSERVE_MODELS_FILE: file.path, KSERVE_BREAKER_FAILURES: "1" });
    const { page } = await browser.open();
    await page.goto(`${url}/ui/`);
    await page.getByRole("row", { name: /beta/ }).getByText("idle").waitFor();
    await page.getByText("1 source, all up to date").waitFor();
    await fetch(`${url}/api/v1/models/alpha/predict`, { method: "POST", body: '{"instances":[[1]]}' });
    await page.getByRole("row", { name: /alpha/ }).getByText(/open$/).waitFor();
    file.break();
    await page.getByRole("button", { name: "1 source, 1 not up to date" }).click();
    await page.getByText("may be out of date").waitFor();
  });

  it("says that there is none yet, and what makes one", async () => {
    const { url } = await startServer({ KSERVE_MODEL_REGISTRY: "[]" });
    const { page } = await browser.open();
    await page.goto(`${url}/ui/`);
    await page.getByText("No models yet").waitFor();
  });

  it("reports that the service is unreachable, and recovers by itself", async () => {
    const env = { KSERVE_MODEL_REGISTRY: JSON.stringify([entry("alpha")]) };
    const first = await startServer(env);
    const { page } = await browser.open();
    await page.goto(`${first.url}/ui/`);
    await page.getByRole("link", { name: "alpha" }).waitFor();
    await first.stop();
    await page.getByText("What is shown may be out of date").waitFor();
    await page.getByRole("link", { name: "alpha" }).waitFor();
    await startServer({ KSERVE_MODEL_REGISTRY: JSON.stringify([entry("beta")]), PORT: String(first.port) });
    await page.getByRole("link", { name: "beta" }).waitFor();
    expect(await page.getByText("What is shown may be out of date").count()).toBe(0);
    expect(await page.getByRole("link", { name: "alpha" }).count()).toBe(0);
  });

  it("watches once for all tabs, and continues in another tab when the first is closed", async () => {
    const file = modelsFile([entry("alpha")]);
    const { url } = await startServer({ KSERVE_MODELS_FILE: file.path });
    const { page } = await browser.open();
    let watches = 0;
    page.context().on("request", (request) => {
      if (request.url().endsWith("/WatchModels")) watches++;
    });
    const tabs = [page];
    await page.goto(`${url}/ui/`);
    await page.getByRole("link", { name: "alpha" }).waitFor();
    for (let tab = 2; tab <= 4; tab++) {
      const other = await page.context().newPage();
      tabs.push(other);
      await other.goto(`${url}/ui/`);
      await other.getByRole("link", { name: "alpha" }).waitFor();
    }
    file.write([entry("alpha"), entry("beta")]);
    for (const tab of tabs) await tab.getByRole("link", { name: "beta" }).waitFor();
    expect(watches).toBe(1);

    await page.close();
    file.write([entry("beta"), entry("gamma")]);
    for (const tab of tabs.slice(1)) {
      await tab.getByRole("link", { name: "gamma" }).waitFor();
      await tab.getByRole("link", { name: "alpha" }).waitFor({ state: "detached" });
    }
    expect(watches).toBe(2);
  });

  it("shows what arrived before its stream broke, and resumes from there", async () => {
    const { url } = await startServer({ KSERVE_MODEL_REGISTRY: JSON.stringify([entry("alpha")]) });
    const { page } = await browser.open();
    const alpha = { name: "alpha", holdsName: true };
    const last = 10_000;
    const messages: MessageInitShape<typeof WatchModelsResponseSchema>[] = [
      { event: WatchEvent.ADDED, model: alpha },
      { event: WatchEvent.SYNCED, resumeToken: "token" },
      ...Array.from({ length: last }, (_, i) => ({
        ...{ event: WatchEvent.CHANGED, resumeToken: `token-${i + 1}` },
        model: { ...alpha, description: `Change ${i + 1}` },
      })),
    ];
    const tokens: string[] = [];
    await page.route("**/WatchModels", (route) => {
      const asked = fromBinary(WatchModelsRequestSchema, route.request().postDataBuffer()!.subarray(5));
      tokens.push(asked.resumeToken);
      // The second stream says nothing.
      if (tokens.length > 1) return;
      const body = messages.map((message) =>
        enveloped(0, toBinary(WatchModelsResponseSchema, create(WatchModelsResponseSchema, message))),
      );
      return route.fulfill({
        contentType: "application/connect+proto",
        body: Buffer.concat([
          ...body,
          enveloped(2, Buffer.from('{"error":{"code":"internal","message":"A wheel is off"}}')),
        ]),
      });
    });
    await page.goto(`${url}/ui/`);
    await page.getByText(`Change ${last}`).waitFor();
    await page.getByText("A wheel is off. What is shown may be out of date").waitFor();
    await expect.poll(() => tokens).toEqual(["", `token-${last}`]);
  });

  it("begins with all models again when a server does not know its resume token", async () => {
    const { url } = await startServer({ KSERVE_MODEL_REGISTRY: JSON.stringify([entry("alpha")]) });
    const { page } = await browser.open();
    const synced = create(WatchModelsResponseSchema, { event: WatchEvent.SYNCED, resumeToken: "another-form" });
    const tokens: string[] = [];
    await page.route("**/WatchModels", (route) => {
      const asked = fromBinary(WatchModelsRequestSchema, route.request().postDataBuffer()!.subarray(5));
      tokens.push(asked.resumeToken);
      if (tokens.length > 1) return route.continue();
      const body = [enveloped(0, toBinary(WatchModelsResponseSchema, synced)), enveloped(2, Buffer.from("{}"))];
      return route.fulfill({ contentType: "application/connect+proto", body: Buffer.concat(body) });
    });
    await page.goto(`${url}/ui/`);
    await page.getByRole("link", { name: "alpha" }).waitFor();
    expect(tokens).toEqual(["", "another-form", ""]);
  });

  it("holds the rows in sight alone of ten thousand models, and finds any", async () => {
    const models = Array.from({ length: 10_000 }, (_, i) => entry(`model-${String(i).padStart(5, "0")}`));
    const { url } = await startServer({
      KSERVE_MODEL_REGISTRY: JSON.stringify(models),
      KSERVE_READINESS_INTERVAL: "0",
    });
    const { page } = await browser.open();
    await page.goto(`${url}/ui/`);
    await page.getByText("10000 models", { exact: true }).waitFor();
    expect(await page.getByRole("grid", { name: "Models" }).getAttribute("aria-rowcount")).toBe("10001");
    expect(await page.locator("tbody tr").count()).toBeLessThan(60);
    await page.locator(".kmr-table-frame").evaluate((frame) => frame.scrollTo(0, frame.scrollHeight));
    await page.getByRole("link", { name: "model-09999" }).waitFor();
    await page.getByLabel("Search models").fill("04242");
    await page.getByText("1 of 10000 models").waitFor();
    await page.getByRole("link", { name: "model-04242" }).waitFor();
  });
});

/** A message of a stream, as the Connect protocol sends it. */
function enveloped(flags: number, bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}
