import { defineConfig } from "vitest/config";

/** The suites against programs that nobody here wrote. One at a time: they share one KServe and one service. */
export default defineConfig({
  test: {
    include: ["test/peers/**/*.test.ts"],
    // Has a command of its own, `npm run test:conformance`: over HTTP/1.1 some of its cases now and then get no answer.
    exclude: process.env.CONFORMANCE ? [] : ["test/peers/conformance/**"],
    globalSetup: ["test/peers/support/global-setup.ts"],
    fileParallelism: false,
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 300_000,
    teardownTimeout: 30_000,
  },
});
