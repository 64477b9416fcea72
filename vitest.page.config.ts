import { defineConfig } from "vitest/config";

/** The page in a real browser, before real servers. One file at a time: a browser wants a processor for itself. */
export default defineConfig({
  test: {
    include: ["test/page/**/*.test.ts"],
    globalSetup: ["test/page/support/global-setup.ts"],
    fileParallelism: false,
    maxWorkers: 1,
    retry: process.env.CI === "true" ? 1 : 0,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
  },
});
