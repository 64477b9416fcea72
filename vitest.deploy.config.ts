import { defineConfig } from "vitest/config";

/** The image, the chart and the manifests, with the programs that users install them with and a real API server. */
export default defineConfig({
  test: {
    include: ["test/deploy/**/*.test.ts"],
    globalSetup: ["test/deploy/support/global-setup.ts"],
    maxWorkers: 2,
    retry: process.env.CI === "true" ? 1 : 0,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
