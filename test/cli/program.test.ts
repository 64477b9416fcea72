import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runCli } from "./support/run-cli.ts";

const commands = [
  "serve",
  "controller",
  "list",
  "get",
  "predict",
  "watch",
  "contract",
  "health",
  "doctor",
  "lint",
  "migrate",
] as const;

describe("the command line", () => {
  it("names every command, the variables and the exit statuses in its help", async () => {
    const { status, out, err } = await runCli(["--help"]);
    expect(status).toBe(0);
    expect(err).toBe("");
    for (const command of commands) expect(out).toMatch(new RegExp(`^ {2}${command}( |$)`, "m"));
    expect(out).toContain("KSERVE_MODEL_REGISTRY_ADDRESS");
    expect(out).toMatch(/Exit status:\n {2}0 .*\n {2}1 .*\n {2}2 /);
  });

  it.each(commands)("describes %s by --help and by help, with an example", async (command) => {
    const { status, out } = await runCli([command, "--help"]);
    expect(status).toBe(0);
    expect(out).toMatch(new RegExp(`^Usage: kserve-model-registry ${command}`));
    expect(out).toMatch(/^Examples?:$/m);
    expect((await runCli(["help", command])).out).toBe(out);
  });

  it.each(["list", "get", "predict", "watch", "health"])(
    "lists the options of a client in the help of %s",
    async (command) => {
      const { out } = await runCli([command, "--help"]);
      for (const option of ["--address <url>", "-o, --output <form>", "--timeout <duration>", "--ca-file <path>"]) {
        expect(out).toContain(option);
      }
    },
  );

  it.each(["migrate", "versions register", "catalog list"])(
    "names no default of options that may be repeated in the help of %s",
    async (command) => {
      const { status, out } = await runCli([...command.split(" "), "--help"]);
      expect(status).toBe(0);
      expect(out).toContain("may be repeated");
      expect(out).not.toContain("default: []");
    },
  );

  it("lists the variables of the server in the help of serve", async () => {
    const { out } = await runCli(["serve", "--help"]);
    for (const name of ["KSERVE_MODEL_REGISTRY", "KSERVE_TIMEOUT", "KSERVE_<X>_SERVICE", "PORT", "LOG_LEVEL"]) {
      expect(out).toMatch(new RegExp(`^ {2}${name} `, "m"));
    }
    expect(out).not.toContain("`");
  });

  it.each([...commands.map((command) => [command, "--help"]), ["--help"]])(
    "keeps the help %s %s within 120 columns, without colours",
    async (...args) => {
      const { out } = await runCli(args);
      expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(120);
      expect(out).not.toContain("\u001b");
    },
  );

  it("prints the version of the package", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    expect(await runCli(["--version"])).toEqual({ status: 0, out: `${version}\n`, err: "" });
  });

  it.each<[string, string[], RegExp]>([
    ["no command", [], /^Usage: /],
    ["an unknown command, with the one that was meant", ["lst"], /unknown command 'lst'\n\(Did you mean list\?\)/],
    ["an unknown option, with the one that was meant", ["list", "--adress", "x"], /Did you mean --address\?/],
    ["a missing name", ["get"], /missing required argument 'name'/],
    ["too many arguments", ["list", "x"], /too many arguments/],
    ["a form that is none", ["list", "-o", "yaml"], /Allowed choices are table, json/],
    ["a type that is none", ["list", "--type", "x"], /Allowed choices are anomaly, predictive, classification/],
    ["a duration without a unit", ["list", "--timeout", "10"], /Expected a duration such as 500ms, 10s or 2m/],
    ["a duration of nothing", ["list", "--timeout", "0s"], /from 1ms to 1h/],
    ["a duration that is too long", ["list", "--timeout", "2h"], /from 1ms to 1h/],
    ["an address that is none", ["list", "--address", "http://"], /--address: expected an address such as http/],
    ["an address of another kind", ["list", "--address", "grpc://x:1"], /with http or https; found grpc/],
    ["an address with a query", ["list", "--address", "http://x/?a"], /without '\?' and '#'/],
    ["a missing file of authorities", ["list", "--ca-file", "/none"], /--ca-file \/none cannot be used: ENOENT/],
    ["a file of authorities without end", ["list", "--ca-file", "/dev/zero"], /it exceeds the limit of 4194304 bytes/],
    ["a file that holds no authority", ["list", "--ca-file", "package.json"], /it contains no PEM certificate/],
  ])("refuses %s with exit status 2 and nothing on standard output", async (_, args, expected) => {
    const { status, out, err } = await runCli(args);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toMatch(expected);
  });

  it.each(["http://user:secret@a b", "user:secret@a b"])("does not repeat the password of %s", async (address) => {
    const { status, err } = await runCli(["list", "--address", address]);
    expect(status).toBe(2);
    expect(err).not.toContain("secret");
  });

  it("does not repeat a password of an address", async () => {
    const { err } = await runCli(["list", "--address", "http://user:secret@x"]);
    expect(err).toBe(
      "error: --address: expected an address such as http://127.0.0.1:8080 or registry.example:8080, without a user in it\n",
    );
  });

  it("names the variable when it is the variable that is wrong", async () => {
    const { status, err } = await runCli(["list"], { env: { KSERVE_MODEL_REGISTRY_ADDRESS: "ftp://x" } });
    expect(status).toBe(2);
    expect(err).toContain("KSERVE_MODEL_REGISTRY_ADDRESS: expected an address");
  });
});
