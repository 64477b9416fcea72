// count.mjs REPORT FAILURES: prints "PASSED FAILED" for a report, vitest's JSON or the {passed, failed} that the peer
// suites leave, and adds a line to the file FAILURES for each test that failed.
import { appendFileSync, readFileSync } from "node:fs";

const [file, failures] = process.argv.slice(2);
const report = JSON.parse(readFileSync(file, "utf8"));
const passed = report.passed ?? report.numPassedTests;
const failed = report.failed ?? report.numFailedTests;
for (const { name, status, message, assertionResults } of report.testResults ?? []) {
  const path = name.replace(`${process.cwd()}/`, "");
  const tests = assertionResults.filter((test) => test.status === "failed");
  const lines = tests.map((test) => `${test.fullName}: ${test.failureMessages[0]?.split("\n")[0]}`);
  if (status === "failed" && tests.length === 0) lines.push(message.split("\n")[0]);
  for (const line of lines) appendFileSync(failures, `${path}: ${line}\n`);
}
if (report.failed) appendFileSync(failures, `${file}: ${failed} cases\n`);
// A test file that cannot be loaded has no tests to fail.
process.stdout.write(`${passed} ${failed === 0 && report.success === false ? 1 : failed}\n`);
