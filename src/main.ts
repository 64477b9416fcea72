#!/usr/bin/env -S node --max-semi-space-size=16 --initial-old-space-size=96 --no-allocation-site-pretenuring
import "./base/set-from-base64.ts";

// Not before: it brings in the protobuf library, which looks once for the method. Where all is in one file, and in chunks,
// only an import that is dynamic comes later.
const { createProgram } = await import("./cli/program.ts");

process.exitCode = await createProgram({
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
}).run(process.argv.slice(2));
