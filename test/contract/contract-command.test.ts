import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { runCli } from "../cli/support/run-cli.ts";
import { send } from "../support/http-client.ts";
import { startRegistry } from "../support/running-service.ts";
import { diskFailure } from "./entries.ts";

const { name } = diskFailure;

/** An HTTP/2 server that answers everything with one status, or nothing at all. */
async function startOther(status: number | undefined): Promise<string> {
  const server = createServer((_request, response) => {
    if (status === undefined) return;
    response.writeHead(status);
    response.end("<html>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("contract", () => {
  it.each([
    [[], "proto"],
    [["--format", "proto"], "proto"],
    [["--format", "json-schema"], "json-schema"],
    [["--format=openapi"], "openapi"],
  ])("with %j prints what the server says, and nothing else", async (args, format) => {
    const { url } = await startRegistry({ models: [diskFailure] });
    const { body } = await send("1.1", { url, path: `/api/v1/models/${name}/contract?format=${format}` });
    expect(await runCli(["contract", name, ...args, "--address", url])).toEqual({ status: 0, out: body, err: "" });
    expect(await runCli(["contract", name, ...args], { env: { KSERVE_MODEL_REGISTRY_ADDRESS: url } })).toEqual({
      status: 0,
      out: body,
      err: "",
    });
  });

  it("with -n prints that of the model there, which holds the name or not", async () => {
    const models = ["a", "b"].map((namespace) => ({ ...diskFailure, namespace }));
    const { url } = await startRegistry({ models });
    for (const namespace of ["a", "b"]) {
      const { status, out, err } = await runCli(["contract", name, "-n", namespace, "--address", url]);
      expect({ status, err }).toEqual({ status: 0, err: "" });
      expect(out).toContain(`package kserve.namespaces.${namespace}.disk_failure_predictor.v1;`);
    }
    expect((await runCli(["contract", name, "--address", url])).out).toContain("package kserve.models.");
    expect((await runCli(["contract", name, "-n", "c", "--address", url])).err).toMatch(
      `error: No model is registered under the name ${name} in namespace c\n`,
    );
  });

  it("says that there is no such model, and where the names are", async () => {
    const { url } = await startRegistry();
    const { status, out, err } = await runCli(["contract", "a/b\u001b[31m", "--address", url]);
    expect({ status, out }).toEqual({ status: 1, out: "" });
    expect(err).toMatch(/^error: name: expected the name of a model/);
    expect((await runCli(["contract", "other", "--address", url])).err).toBe(
      "error: No model is registered under the name other\n`kserve-model-registry list` shows the names.\n",
    );
  });

  it("says what to declare where nothing is declared", async () => {
    const { url } = await startRegistry({ models: [{ name: "plain" }] });
    const { status, err } = await runCli(["contract", "plain", "--address", url]);
    expect(status).toBe(1);
    expect(err).toMatch(/^error: plain has no typed contract: .* Declare them/);
  });

  it.each([
    ["a server that is not there", async () => "http://127.0.0.1:1", /the connection was refused/],
    ["a server of another kind", () => startOther(404), /returned HTTP 404\.\nCheck that --address/],
    ["a server that does not answer", () => startOther(undefined), /No answer from http:.* within 200ms\./],
  ])("says what is wrong with %s", async (_, start, words) => {
    const { status, out, err } = await runCli(["contract", name, "--address", await start(), "--timeout", "200ms"]);
    expect({ status, out }).toEqual({ status: 1, out: "" });
    expect(err).toMatch(words);
  });

  it("goes through a path prefix of the address", async () => {
    const { url } = await startRegistry({ models: [diskFailure] });
    // Nothing is served under it here, which shows that it was asked for.
    const { err } = await runCli(["contract", name, "--address", `${url}/prefix/`]);
    expect(err).toMatch(/returned HTTP 404/);
  });

  it("refuses a form that there is not, and names the forms in its help", async () => {
    const wrong = await runCli(["contract", name, "--format", "yaml"]);
    expect(wrong.status).toBe(2);
    expect(wrong.err).toContain("Allowed choices are proto, json-schema, openapi.");
    const { status, out } = await runCli(["contract", "--help"]);
    expect(status).toBe(0);
    for (const option of ["--format", "--address", "--ca-file", "--timeout"]) expect(out).toContain(option);
    expect(out).not.toContain("--output");
  });
});
