#!/usr/bin/env -S node --max-semi-space-size=16 --initial-old-space-size=96 --no-allocation-site-pretenuring
// The command of a checkout, which runs its sources, and of the package, which has the built program.
import { existsSync } from "node:fs";

// Older ones fail somewhere within, in words that name another reason.
const needed = [22, 19];
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  process.stderr.write(
    `error: kserve-model-registry needs Node ${needed.join(".")} or newer; this is ${process.versions.node}\n`,
  );
  process.exit(1);
}

const source = new URL("../src/main.ts", import.meta.url);
const built = new URL("../dist/kserve-model-registry.js", import.meta.url);
await import(existsSync(source) ? source.href : built.href);
