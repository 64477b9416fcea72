import { describe, expect, it } from "vitest";
import { makeCertificate, temporaryFolder } from "../support/certificates.ts";
import { answer } from "../support/fake-upstream.ts";
import { model, startRegistry } from "../support/running-service.ts";
import { runCli } from "./support/run-cli.ts";

describe("health", () => {
  it("ends with status 0 while the server serves", async () => {
    const { url } = await startRegistry();
    const { status, out } = await runCli(["health", "--address", url]);
    expect({ status, out }).toEqual({ status: 0, out: "The server is serving\n" });
  });

  it.each([
    [{ name: model, ready: true }, 200, 0, `${model} is serving`],
    [{ name: model, ready: false }, 503, 1, `error: ${model} is not-serving`],
  ])("says of a model that answers %j with %i by status %i", async (body, httpStatus, exitStatus, words) => {
    const { url, upstream } = await startRegistry();
    upstream.onReadiness(model, answer(httpStatus, body));
    const { status, out, err } = await runCli(["health", model, "--address", url]);
    expect({ status, words: `${out}${err}` }).toEqual({ status: exitStatus, words: `${words}\n` });
  });

  it("finds the server of its own container by PORT", async () => {
    const { port } = await startRegistry();
    expect(await runCli(["health"], { env: { PORT: String(port) } })).toMatchObject({ status: 0, err: "" });
  });

  it("finds it behind TLS too, whatever name its certificate is for", async () => {
    const { certFile, keyFile } = makeCertificate(temporaryFolder(), "registry.example");
    const env = { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile };
    const { port } = await startRegistry({ env });
    expect(await runCli(["health"], { env: { ...env, PORT: String(port) } })).toMatchObject({ status: 0, err: "" });
  });

  it("rejects an untrusted certificate at a given address", async () => {
    const { certFile, keyFile } = makeCertificate(temporaryFolder(), "registry.example");
    const { url } = await startRegistry({ env: { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile } });
    const { status, err } = await runCli(["health", "--address", url]);
    expect(status).toBe(1);
    expect(err).toContain("not trusted");
  });

  it.each([
    [["health", "--address", "http://127.0.0.1:1"], "cannot be reached"],
    [["health", "nobody"], "error: No model is registered under the name nobody\n`kserve-model-registry list` shows"],
  ])("ends %j with status 1 and says why", async (args, words) => {
    const { port } = await startRegistry();
    const { status, err } = await runCli(args, { env: { PORT: String(port) } });
    expect(status).toBe(1);
    expect(err).toContain(words);
  });
});
