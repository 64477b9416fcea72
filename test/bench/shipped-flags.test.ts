import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { shippedFlags } from "../../bench/shipped-flags.ts";

it.each([
  ["Dockerfile", /^ENTRYPOINT \["[^"]*node", ([^\]]*), "[^"]*"\]$/m],
  ["package.json", /"start": "node (.*) src\/main\.ts serve"/],
  ["src/main.ts", /^#!\/usr\/bin\/env -S node (.*)$/m],
])("measures with the flags of %s", (file, pattern) => {
  const [, flags = ""] = pattern.exec(readFileSync(file, "utf8")) ?? [];
  expect(flags.match(/--[\w=-]+/g)).toEqual(shippedFlags);
});
