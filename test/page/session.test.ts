import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { expect, it, onTestFinished } from "vitest";
import { useBrowser } from "./support/browser.ts";
import { startServer } from "./support/demo.ts";

const browser = useBrowser();

it("takes a pasted token for the tab alone, and shows each person what that person may see", async () => {
  const { publicKey, privateKey } = await generateKeyPair("RS256");
  const jwk = { ...(await exportJWK(publicKey)), kid: "1", alg: "RS256" };
  const keys = createServer((_, response) => response.end(JSON.stringify({ keys: [jwk] })));
  await new Promise<void>((resolve) => keys.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void keys.close());
  const issuer = `http://127.0.0.1:${(keys.address() as AddressInfo).port}`;
  const token = await new SignJWT({ models: ["alpha"] })
    .setProtectedHeader({ alg: "RS256", kid: "1" })
    .setIssuer(issuer)
    .setAudience("registry")
    .setSubject("ada")
    .setExpirationTime("1h")
    .sign(privateKey);
  const entry = (name: string): object => ({ name, service: name, type: "anomaly", url: "http://127.0.0.1:9" });
  const { url } = await startServer({
    KSERVE_MODEL_REGISTRY: JSON.stringify([entry("alpha"), entry("beta")]),
    AUTH_MODE: "oidc",
    OIDC_ISSUER: issuer,
    OIDC_AUDIENCE: "registry",
    OIDC_JWKS_URL: issuer,
    AUTH_MODELS_CLAIM: "models",
  });
  const { page } = await browser.open();
  await page.goto(`${url}/ui/`);
  await page.getByText("Who are you?").waitFor();
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
  await page.getByText("Who are you?").waitFor();
  expect(await page.getByRole("link", { name: "alpha" }).count()).toBe(0);
});
