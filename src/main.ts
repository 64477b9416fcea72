#!/usr/bin/env -S node --max-semi-space-size=16 --initial-old-space-size=96 --no-allocation-site-pretenuring
import "./base/set-from-base64.ts";

// Imported dynamically, so that it comes after the polyfill: the protobuf library looks for `setFromBase64` once, when
// it is loaded, and in the bundle static imports are not kept in order.
const { createProgram } = await import("./cli/program.ts");

process.exitCode = await createProgram({
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
}).run(process.argv.slice(2));
