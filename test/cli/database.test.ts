import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fillRegistry } from "../transfer/support/sample-registry.ts";
import { runCli } from "./support/run-cli.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "database-"));
  file = join(folder, "versions.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

const database = (command: string, url = `sqlite:${file}`, ...more: readonly string[]) =>
  runCli(["database", command, ...more], { env: { DATABASE_URL: url } });

describe("database", () => {
  it("migrates, and says how the schema is before and after", async () => {
    writeFileSync(file, "");
    expect(await database("status")).toMatchObject({
      out: expect.stringMatching(/^DATABASE +VERSION +SCHEMA +KNOWN +UNFINISHED\nsqlite +3[.\d]+ +0 +\d+ +-\n$/),
    });
    const migrated = await database("migrate");
    expect(migrated.status).toBe(0);
    expect(migrated.err).toMatch(/migration|schema/i);
    const { status, out } = await database("status", undefined, "-o", "json");
    expect(status).toBe(0);
    const { schema, ...rest } = JSON.parse(out);
    expect(rest).toMatchObject({ database: { kind: "sqlite" } });
    expect(schema.applied).toBe(schema.known);
    // A second time there is nothing to do.
    expect(await database("migrate")).toMatchObject({ status: 0, err: "" });
  });

  it("checks every record, and names what does not fit together", async () => {
    await fillRegistry(`sqlite:${file}`, 20);
    expect(await database("check")).toMatchObject({ status: 0, out: "126 records\n", err: "" });
    const edited = new DatabaseSync(file);
    edited.exec("delete from kmr_registered_model_property where entity_id = 3 and key = 'accuracy'");
    edited.close();
    const { status, out, err } = await database("check", undefined, "-o", "json");
    expect(JSON.parse(out)).toEqual({
      records: 126,
      findings: [{ record: "registered model 3", problem: "filters see other properties than the record has" }],
    });
    expect({ status, err }).toEqual({ status: 1, err: "error: 1 records are inconsistent\n" });
  });

  it.each<[string, string, RegExp]>([
    ["an unknown scheme", "oracle://x/y", /DATABASE_URL/],
    ["no address", "", /DATABASE_URL: missing; it says where the database is/],
    ["a file that is not there", "sqlite:/nowhere/versions.db", /nowhere/],
    ["a file of something else", "sqlite:OTHER", /not a database|SQLite/],
    ["a server that is not there", "postgres://me:secret@126.0.0.1:1/x", /cannot be reached|126\.0\.0\.1/],
    ["an address without a name", "postgres://me:secret@126.0.0.1", /NAME/],
  ])("says what is wrong with %s, and no password", async (_what, url, message) => {
    const other = join(folder, "other");
    writeFileSync(other, "this is not a database, but long enough to look at it ".repeat(100));
    const { status, err } = await database("status", url.replace("OTHER", other));
    expect(status).toBe(1);
    expect(err).toMatch(message);
    expect(err).not.toContain("secret");
    expect(err).not.toMatch(/^ +at /m);
  });

  it("checks no database without the schema of this program, and says how it gets it", async () => {
    writeFileSync(file, "");
    const { status, err } = await database("check");
    expect(status).toBe(1);
    expect(err).toMatch(
      /^error: the database has schema version 0, and version \d+ is needed; run `kserve-model-registry database migrate` first\n$/,
    );
  });

  it("says which password file is missing", async () => {
    const env = { DATABASE_URL: "postgres://me@126.0.0.1:1/x", DATABASE_PASSWORD_FILE: "/nowhere/password" };
    const { status, err } = await runCli(["database", "status"], { env });
    expect(status).toBe(1);
    expect(err).toContain("/nowhere/password");
  });

  it("refuses the schema of a newer program", async () => {
    await database("migrate");
    const edited = new DatabaseSync(file);
    edited.exec("update kmr_schema set version = 999");
    edited.close();
    for (const command of ["status", "migrate"]) {
      const { status, err } = await database(command);
      expect(status).toBe(1);
      expect(err).toMatch(/999/);
    }
  });
});
