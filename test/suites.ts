/** Which tests are of which command. */

/** Of `npm run test:program`: they start the program as a process, built as it is deployed, or wait for processes of their own. */
export const program = [
  "test/abuse/**/*.test.ts",
  "test/cli/process.test.ts",
  "test/cli/watch.test.ts",
  "test/demo/demo.test.ts",
  "test/docs/commands.test.ts",
  "test/docs/readme.test.ts",
  "test/service/drain.test.ts",
  "test/service/process.test.ts",
  "test/service/tracing.test.ts",
  "test/service/versions/deployment.test.ts",
  "test/service/versions/peer-differences.test.ts",
  "test/storage/initializer.test.ts",
  "test/transfer/interrupted-import.test.ts",
  "test/versions/sqlite-migrations.test.ts",
];

/** Of the commands for what is installed first. */
export const installed = [
  "test/page/**",
  "test/peers/**",
  "test/kube/**",
  "test/deploy/**",
  "test/versions/servers/**",
];
