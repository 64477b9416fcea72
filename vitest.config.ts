import { defineConfig } from "vitest/config";
import { installed, program } from "./test/suites.ts";

/** Tests that replace a module, or its clock: those that share their process would meet what they leave, or they what others left. */
const apart = [
  "test/api/versions/one-description.test.ts",
  "test/base/urgent-work.test.ts",
  "test/base/yield-if-busy.test.ts",
  "test/listen/connection-router.test.ts",
  "test/listen/fair-turns.test.ts",
  "test/reliability/core-wait.test.ts",
  "test/storage/forbidden-address.test.ts",
];

export default defineConfig({
  test: {
    // Many tests wait for time to pass, so more of them than there are cores run side by side.
    maxWorkers: 3,
    // Tests that are marked as concurrent do little but wait.
    maxConcurrency: 20,
    // What a busy machine of CI makes late is tried again; what is wrong fails every time.
    retry: process.env.CI === "true" ? 2 : 0,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // What a test has set of a clock is not for those behind it.
    restoreMocks: true,
    setupFiles: ["test/support/each-file.ts"],
    projects: [
      {
        extends: true,
        test: {
          name: "sharing a process",
          include: ["test/**/*.test.ts"],
          exclude: [...installed, ...program, ...apart],
          // What a file imports is loaded once: the whole service takes a second.
          isolate: false,
        },
      },
      { extends: true, test: { name: "in a process each", include: apart } },
    ],
  },
});
