import { expect, it, onTestFinished } from "vitest";
import { audience, startIssuer } from "../access/support/issuer.ts";
import { useBrowser } from "./support/browser.ts";
import { startServer } from "./support/demo.ts";

const browser = useBrowser();

/** An issuer for one test, and what makes a server take its tokens. */
async function useIssuer() {
  const issuer = await startIssuer();
  onTestFinished(() => issuer.close());
  return { issuer, env: { AUTH_MODE: "oidc", OIDC_ISSUER: issuer.url, OIDC_AUDIENCE: audience } };
}

it("takes a pasted token for the tab alone, and shows each person what that person may see", async () => {
  const { issuer, env } = await useIssuer();
  const token = await issuer.token({ models: ["alpha"] });
  const entry = (name: string): object => ({ name, service: name, type: "anomaly", url: "http://127.0.0.1:9" });
  const { url } = await startServer({
    KSERVE_MODEL_REGISTRY: JSON.stringify([entry("alpha"), entry("beta")]),
    ...env,
    AUTH_MODELS_CLAIM: "models",
  });
  const { page } = await browser.open();
  await page.goto(`${url}/ui/`);
  await page.getByText("Sign-in required").waitFor();
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByLabel("Bearer token").fill(`Bearer ${token}`);
  await page.getByRole("button", { name: "Use token" }).click();
  await page.getByRole("link", { name: "alpha" }).waitFor();
  expect(await page.getByRole("link", { name: "beta" }).count()).toBe(0);
  const kept = await page.evaluate<string>(
    "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])",
  );
  expect(kept).not.toContain(token.slice(0, 20));
  await page.getByRole("button", { name: "Forget token" }).click();
  await page.getByText("Sign-in required").waitFor();
  expect(await page.getByRole("link", { name: "alpha" }).count()).toBe(0);
});

it("offers what a person may do, and says why not the rest", async () => {
  const { issuer, env } = await useIssuer();
  const { url } = await startServer({
    ...env,
    KSERVE_MODEL_REGISTRY: "[]",
    AUTH_VERSIONS_CLAIM: "keep",
    DATABASE_URL: "sqlite::memory:",
  });
  for (const name of ["mine", "theirs"]) {
    const registered = await fetch(`${url}/kserve.versions.v1.VersionRegistry/RegisterVersion`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${await issuer.token({ keep: ["*"] })}` },
      body: JSON.stringify({ registeredModel: { name }, modelVersion: { name: "1.0" } }),
    });
    expect(registered.status).toBe(200);
  }
  const { page, errors } = await browser.open();
  await page.goto(`${url}/ui/registered/theirs`);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByLabel("Bearer token").fill(await issuer.token({ keep: ["read:*", "write:mine"] }));
  await page.getByRole("button", { name: "Use token" }).click();
  const writes = page.getByRole("button", { name: /^(Edit|Archive|Delete|Register|Set alias)/ });
  const why = page.getByRole("button", { name: "Why is not everything offered here?" });
  await why.click();
  await page.getByText("You are ada.").waitFor();
  await page.getByText("You may not update registeredmodels of theirs").waitFor();
  expect(await writes.count()).toBe(0);
  await page.getByRole("link", { name: "1.0", exact: true }).click();
  await why.waitFor();
  expect(await writes.count()).toBe(0);

  await page.getByRole("link", { name: "Registered models" }).first().click();
  await page.getByRole("link", { name: "mine", exact: true }).click();
  await page.getByRole("button", { name: "Archive" }).waitFor();
  expect([await why.count(), await writes.count()]).toEqual([0, 8]);

  await page.getByRole("button", { name: "Register a version" }).click();
  await page.locator("#register-version").fill("2.0");
  await page.getByLabel("Where its files are").fill("s3://models/2.0");
  const register = page.getByRole("button", { name: "Register", exact: true });
  await page.locator("#register-name").fill("yours");
  await why.click();
  await page.getByText("You may not create registeredmodels of yours").waitFor();
  expect(await register.isDisabled()).toBe(true);
  await page.locator("#register-name").fill("mine");
  await why.waitFor({ state: "detached" });
  await register.click();
  await page.getByText("s3://models/2.0").waitFor();
  expect(errors).toEqual([]);
});
