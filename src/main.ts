#!/usr/bin/env -S node --max-semi-space-size=16 --heap-growing-percent=50
import { createProgram } from "./cli/program.ts";

process.exitCode = await createProgram({
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
}).run(process.argv.slice(2));
