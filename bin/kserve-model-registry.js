#!/usr/bin/env -S node --max-semi-space-size=16 --initial-old-space-size=96 --no-allocation-site-pretenuring
// The command of a checkout, which runs its sources, and of the package, which has the built program.
import { existsSync } from "node:fs";

const source = new URL("../src/main.ts", import.meta.url);
const built = new URL("../dist/kserve-model-registry.js", import.meta.url);
await import(existsSync(source) ? source.href : built.href);
