import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { openVersionStore } from "../../src/versions/open-store.ts";
import { describeVersionStore } from "./store-contract.ts";
import { contractSizes } from "./support/contract-sizes.ts";

const folder = mkdtempSync(join(tmpdir(), "versions-"));
afterAll(() => rmSync(folder, { recursive: true }));

const open = () => openVersionStore({ kind: "sqlite", path: join(folder, "versions.db") });
describeVersionStore("SQLite", open, contractSizes);
