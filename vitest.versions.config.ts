import { defineConfig } from "vitest/config";

/** The registry of versions on real database servers. One suite at a time: each server wants a processor for itself. */
export default defineConfig({
  test: {
    include: ["test/versions/servers/**/*.test.ts"],
    fileParallelism: false,
    maxWorkers: 1,
    retry: process.env.CI === "true" ? 1 : 0,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
  },
});
