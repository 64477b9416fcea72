import { describe, expect, it } from "vitest";
import { startRegistry } from "../support/running-service.ts";
import { runCli } from "./support/run-cli.ts";

/** A server that keeps versions, and the command `versions` for it. */
async function start() {
  const { url } = await startRegistry({ env: { DATABASE_URL: "sqlite::memory:" } });
  const versions = (...args: readonly string[]) => runCli(["versions", ...args, "--address", url]);
  const registered = (version: string, ...more: readonly string[]) =>
    versions("register", "fraud", version, "--uri", `s3://models/fraud/${version}`, ...more);
  return { url, versions, registered };
}

const ok = (out: string | RegExp) => ({
  status: 0,
  err: "",
  out: typeof out === "string" ? out : expect.stringMatching(out),
});

describe("versions", () => {
  it("registers, lists, finds, compares, archives and deletes", async () => {
    const { versions, registered } = await start();
    const first = ["--format", "sklearn", "--metric", "accuracy=0.91", "--parameter", "depth=3"];
    expect(await registered("1.0", ...first)).toMatchObject(ok("fraud:1.0 is registered, ID 1\n"));
    expect(await registered("1.0", ...first)).toMatchObject(
      ok("fraud:1.0 was already registered with the same values, ID 1\n"),
    );
    expect(await registered("2.0", "--metric", "accuracy=0.97", "--property", "stage=production")).toMatchObject(
      ok(/^fraud:2.0 is registered/),
    );
    expect(await versions("list")).toMatchObject(ok(/^NAME +STATE +OWNER +CHANGED\nfraud +live +- +\d+\w+\n$/));
    expect(await versions("alias", "fraud", "champion", "1.0")).toMatchObject(ok("fraud@champion points to 1.0\n"));
    expect(await versions("list", "fraud")).toMatchObject(
      ok(/^VERSION +STATE +ALIASES +AUTHOR +AGE\n2.0 +live +- +- +\d+\w+\n1.0 +live +champion +- +\d+\w+\n$/),
    );
    expect(await versions("list", "fraud", "--filter", 'stage = "production"')).toMatchObject(ok(/\n2.0 [^\n]*\n$/));

    // A name alone is the newest live version.
    expect(await versions("get", "fraud")).toMatchObject(
      ok(/^NAME +VERSION +STATE +AUTHOR +AGE +URI\nfraud +2.0 +live +- +\d+\w+ +s3:\/\/models\/fraud\/2.0\n$/),
    );
    expect(await versions("get", "fraud@champion")).toMatchObject(ok(/s3:\/\/models\/fraud\/1.0\n$/));
    expect(await versions("get", "fraud:1.0")).toMatchObject(ok(/s3:\/\/models\/fraud\/1.0\n$/));
    expect(await versions("archive", "fraud", "2.0")).toMatchObject(ok("fraud:2.0 is archived\n"));
    expect(await versions("get", "fraud")).toMatchObject(ok(/fraud\/1.0\n$/));
    expect(await versions("archive", "fraud", "2.0", "--restore")).toMatchObject(ok("fraud:2.0 is live\n"));
    expect(await versions("archive", "fraud")).toMatchObject(ok("fraud is archived\n"));

    const compared = await versions("compare", "fraud", "1.0", "2.0");
    expect(compared).toMatchObject(ok(/^KIND +NAME +1.0 +2.0\n/));
    expect(compared.out).toMatch(/\nmetric +accuracy +0.91 +0.97\n/);
    expect(compared.out).toMatch(/\nparameter +depth +3 +-\n/);
    expect(compared.out).toMatch(/\nproperty +stage +- +production\n/);
    expect(compared.out).not.toMatch(/\nfield +state /);
    expect((await versions("compare", "fraud", "1.0", "2.0", "--all")).out).toMatch(/\nfield +state +LIVE +LIVE\n/);

    // What something refers to keeps its artifacts, too.
    expect(await versions("delete", "fraud", "1.0")).toMatchObject({
      status: 1,
      err: "error: the alias fraud@champion points to 1.0; move or delete the alias first\n",
    });
    expect(await versions("get", "fraud:1.0")).toMatchObject({ status: 0 });
    expect(await versions("alias", "fraud", "champion", "--delete")).toMatchObject(ok("fraud@champion was deleted\n"));
    expect(await versions("delete", "fraud", "1.0")).toMatchObject(ok("fraud:1.0 was deleted\n"));
    expect(await versions("delete", "fraud", "2.0")).toMatchObject(ok("fraud:2.0 was deleted\n"));
    expect(await versions("delete", "fraud")).toMatchObject(ok("fraud was deleted\n"));
    expect(await versions("list")).toMatchObject(ok(/^NAME[^\n]*\n$/));
  });

  it("writes JSON of the contract", async () => {
    const { versions, registered } = await start();
    const json = async (...args: readonly string[]) => JSON.parse((await versions(...args, "-o", "json")).out);
    const { out } = await registered("1.0", "-o", "json");
    expect(JSON.parse(out)).toMatchObject({
      alreadyRegistered: false,
      modelVersion: { name: "1.0", state: "MODEL_VERSION_STATE_LIVE" },
      artifacts: [{ modelArtifact: { uri: "s3://models/fraud/1.0" } }],
    });
    await registered("2.0");
    expect(await json("list")).toMatchObject({ registeredModels: [{ name: "fraud" }] });
    expect(await json("list", "fraud")).toMatchObject({ modelVersions: [{ name: "2.0" }, { name: "1.0" }] });
    expect(await json("get", "fraud")).toMatchObject({ uri: "s3://models/fraud/2.0", registeredModel: { id: "1" } });
    expect(await json("alias", "fraud", "champion", "1.0")).toMatchObject({ alias: { version: "1.0" } });
    expect(await json("compare", "fraud", "1.0", "2.0")).toMatchObject({ versions: [{ name: "fraud" }, {}] });
    expect(await json("archive", "fraud", "1.0")).toEqual({ name: "fraud", version: "1.0", state: "archived" });
    expect(await json("alias", "fraud", "champion", "--delete")).toEqual({});
    expect(await json("delete", "fraud", "1.0")).toEqual({});
  });

  it("says what is wrong, and what to do", async () => {
    const { versions, registered } = await start();
    await registered("1.0", "--metric", "accuracy=0.91");
    await versions("alias", "fraud", "champion", "1.0");
    const mistakes: readonly (readonly [readonly string[], number, RegExp])[] = [
      [["get", "nothing"], 1, /no registered model|nothing/],
      [["get", "fraud:9"], 1, /9/],
      [["get", "fraud@none"], 1, /none/],
      [["get", ":x"], 2, /":x": expected NAME for the newest live version/],
      [["list", "nothing"], 1, /nothing/],
      [["list", "--filter", "name ="], 1, /filter/],
      [
        ["register", "fraud", "1.0", "--uri", "s3://other"],
        1,
        /registered already, and differs in artifacts\[0\]\.model_artifact\.uri/,
      ],
      [["register", "fraud", "2.0"], 2, /--uri/],
      [["register", "fraud", "2.0", "--uri", "x", "--metric", "accuracy"], 2, /--metric accuracy: expected name=value/],
      [["register", "fraud", "2.0", "--uri", "x", "--metric", "a=b"], 2, /--metric a: expected a number, found b/],
      [["register", "fraud", "x".repeat(256), "--uri", "x"], 1, /model_version\.name: 256 characters; at most 255/],
      [["alias", "fraud", "champion"], 2, /give either the version .* or --delete/],
      [["alias", "fraud", "champion", "9"], 1, /9/],
      [["alias", "fraud", "champion", "1.0", "--expected", "2.0"], 1, /champion/],
      [["alias", "fraud", "Not A Label", "1.0"], 1, /alias/],
      [["compare", "fraud", "1.0"], 1, /2 to 20/],
      [["compare", "fraud", "1.0", "9"], 1, /9/],
      [["archive", "fraud", "9"], 1, /9/],
      [["delete", "fraud"], 1, /refer/],
      [["delete", "fraud", "9"], 1, /9/],
    ];
    for (const [args, status, message] of mistakes) {
      const answer = await versions(...args);
      expect.soft(answer, args.join(" ")).toMatchObject({ status, out: "", err: expect.stringMatching(message) });
      expect.soft(answer.err, args.join(" ")).not.toMatch(/^ +at /m);
    }
  });

  it("says that a server without a database keeps no versions", async () => {
    const { url } = await startRegistry();
    const { status, err } = await runCli(["versions", "list", "--address", url]);
    expect(status).toBe(1);
    expect(err).toMatch(/does not know this call/);
  });
});
