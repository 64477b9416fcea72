import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runCli } from "../cli/support/run-cli.ts";
import { temporaryFolder } from "../support/certificates.ts";
import { startGuarded } from "./support/guarded-service.ts";

const commands: readonly (readonly string[])[] = [
  ["list"],
  ["get", "mine"],
  ["predict", "mine", '[{"cpu":1}]'],
  ["contract", "mine"],
  ["health", "mine"],
];

describe.each(commands.map((args) => ({ args, name: args[0] })))("$name", ({ args }) => {
  it("sends the token of a file, by its option or its variable", async () => {
    const { url, issuer } = await startGuarded();
    const file = join(temporaryFolder(), "token");
    writeFileSync(file, `${await issuer.token({ models: ["mine"] })}\n`);
    const asked = [...args, "--address", url];
    expect(await runCli([...asked, "--token-file", file])).toMatchObject({ status: 0, err: "" });
    const env = { KSERVE_MODEL_REGISTRY_TOKEN_FILE: file };
    expect(await runCli(asked, { env })).toMatchObject({ status: 0, err: "" });
  });

  it("says what is missing without one", async () => {
    const { url } = await startGuarded();
    const { status, err } = await runCli([...args, "--address", url]);
    expect(status).toBe(1);
    expect(err).toMatch(/token is needed|authenticate/);
    expect(err).toContain("Pass a file with a valid token in --token-file.");
  });
});

describe("--token-file", () => {
  it("is wrong usage when the file has no end", async () => {
    const { status, err } = await runCli(["list", "--token-file", "/dev/zero"]);
    expect(status).toBe(2);
    expect(err).toMatch(/--token-file \/dev\/zero cannot be used: it exceeds the limit of 4194304 bytes/);
  });

  it.each([
    ["is not there", undefined, /--token-file .*none cannot be used: ENOENT/],
    ["is empty", "", /cannot be used: it does not contain exactly one bearer token/],
    [
      "holds something else",
      "-----BEGIN PRIVATE KEY-----\nsecret",
      /cannot be used: it does not contain exactly one bearer token/,
    ],
  ])("is wrong usage when the file %s", async (_title, content, message) => {
    const file = join(temporaryFolder(), content === undefined ? "none" : "token");
    if (content !== undefined) writeFileSync(file, content);
    const { status, err } = await runCli(["list", "--token-file", file]);
    expect(status).toBe(2);
    expect(err).toMatch(message);
    expect(err).not.toContain("secret");
  });
});
