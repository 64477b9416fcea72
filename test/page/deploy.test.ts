import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startApiServer } from "./support/api-server.ts";
import { useBrowser } from "./support/browser.ts";
import { startServer, useDemo } from "./support/demo.ts";

const browser = useBrowser();
const demo = useDemo();

describe("the view that deploys a version", () => {
  it("updates the manifest with the form, marks invalid fields, and copies the manifest", async () => {
    const { page } = await browser.open();
    await page.goto(`${demo.url}/ui/registered/disk-failure-predictor/versions/1.1.0`);
    await page.getByRole("button", { name: "Deploy" }).click();
    await page.getByText("once the marked fields are right").waitFor();
    expect(await page.getByLabel("Format", { exact: true }).getAttribute("aria-invalid")).toBe("true");
    await page.getByLabel("Format", { exact: true }).fill("sklearn");
    const manifest = page.getByLabel("Text to copy");
    await manifest.getByText("storageUri: model-registry://disk-failure-predictor/1.1.0").waitFor();
    await page.getByLabel("Namespace").fill("storage");
    await page.getByLabel("How it runs").selectOption("Knative service");
    await page.getByLabel("Share of the traffic").fill("10");
    await manifest.getByText("canaryTrafficPercent: 10").waitFor();
    for (const share of ["12.5", "-10"]) {
      await page.getByLabel("Share of the traffic").fill(share);
      await page.getByText("expected a whole number").waitFor();
      expect(await manifest.count()).toBe(0);
    }
    await page.getByLabel("Share of the traffic").fill("10");
    await manifest.getByText("canaryTrafficPercent: 10").waitFor();
    await page.getByRole("button", { name: "Copy", exact: true }).click();
    expect(await page.evaluate("navigator.clipboard.readText()")).toMatch(/namespace: storage/);
    await page.getByLabel("How it runs").selectOption("Deployment with a Service");
    await page.getByText("once the marked fields are right").waitFor();
    expect(await page.getByLabel("Share of the traffic").getAttribute("aria-invalid")).toBe("true");
  });

  it("says why nothing can be applied where the server asks no cluster", async () => {
    const { page } = await browser.open();
    await page.goto(`${demo.url}/ui/registered/disk-failure-predictor/versions/1.1.0/deploy`);
    await page.getByLabel("Format", { exact: true }).fill("sklearn");
    await page.getByText(/not applied from here.*AUTH_MODE=kubernetes/).waitFor();
    expect(await page.getByRole("button", { name: "Apply", exact: true }).count()).toBe(0);
  });

  it("applies it with the token of the person alone, and leads to the model once it is there", async () => {
    const token = "a-token-of-ada";
    const { kubeconfig, applied } = await startApiServer(token);
    const folder = mkdtempSync(join(tmpdir(), "page-deploy-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "models.yaml");
    const write = (models: readonly object[]): void => {
      writeFileSync(`${path}.new`, JSON.stringify({ models }));
      renameSync(`${path}.new`, path);
    };
    write([]);
    const { url } = await startServer({
      AUTH_MODE: "kubernetes",
      KUBECONFIG: kubeconfig,
      KSERVE_MODELS_FILE: path,
      DATABASE_URL: "sqlite::memory:",
    });
    const registered = await fetch(`${url}/kserve.versions.v1.VersionRegistry/RegisterVersion`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({
        registeredModel: { name: "churn" },
        modelVersion: { name: "1.10" },
        artifacts: [{ modelArtifact: { uri: "s3://m/1", modelFormatName: "sklearn" } }],
      }),
    });
    expect(registered.status).toBe(200);

    const { page } = await browser.open();
    await page.goto(`${url}/ui/registered/churn/versions/1.10/deploy`);
    await page.getByText("Sign-in required").first().waitFor();
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByLabel("Bearer token").fill(token);
    await page.getByRole("button", { name: "Use token" }).click();
    await page.getByText("Name a namespace to apply it from here").waitFor();
    await page.getByLabel("Namespace").fill("forbidden");
    await page.getByRole("button", { name: "Check only" }).click();
    await page.getByText('User "ada" cannot patch').waitFor();
    await page.getByLabel("Namespace").fill("growth");
    await page.getByText("namespace: growth").waitFor();
    await page.getByRole("button", { name: "Check only" }).click();
    await page.getByText("The cluster accepts it: growth/churn would be created").waitFor();
    await page.getByRole("button", { name: "Apply", exact: true }).click();
    await page.getByText("growth/churn has been created").waitFor();
    expect(applied).toEqual(
      [true, false].map((dryRun) => ({
        path: "/apis/serving.kserve.io/v1beta1/namespaces/growth/inferenceservices/churn",
        dryRun,
        authorization: `Bearer ${token}`,
      })),
    );
    await page.getByText("Waiting for it among the models").waitFor();
    write([
      { name: "churn", service: "churn", namespace: "growth", type: "classification", url: "http://127.0.0.1:9" },
    ]);
    await page.getByRole("link", { name: "See how churn comes up" }).click();
    await page.getByRole("tab", { name: "Try it" }).waitFor();
  });
});
