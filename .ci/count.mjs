// Prints "PASSED FAILED" for a report: vitest's JSON, or the {passed, failed} that the peer suites leave.
import { readFileSync } from "node:fs";

const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
const passed = report.passed ?? report.numPassedTests;
const failed = report.failed ?? report.numFailedTests;
// A test file that cannot be loaded has no tests to fail.
process.stdout.write(`${passed} ${failed === 0 && report.success === false ? 1 : failed}\n`);
