#!/usr/bin/env -S node --max-semi-space-size=16 --initial-old-space-size=96 --no-allocation-site-pretenuring
// Before the protobuf library.
import "./base/set-from-base64.ts";
import { createProgram } from "./cli/program.ts";

process.exitCode = await createProgram({
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
}).run(process.argv.slice(2));
