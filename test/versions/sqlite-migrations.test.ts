import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe } from "vitest";
import { describeMigrations } from "./contract/migrations.ts";
import { isLong, migrationSizes } from "./support/contract-sizes.ts";

const folder = mkdtempSync(join(tmpdir(), "versions-"));
afterAll(() => rmSync(folder, { recursive: true }));
let next = 0;

describe("the schema of SQLite", () => {
  describeMigrations(async () => ({ kind: "sqlite", path: join(folder, `${next++}.db`) }), {
    ...migrationSizes,
    kills: isLong ? 10 : 2,
  });
});
