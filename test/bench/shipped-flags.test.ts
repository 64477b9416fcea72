import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { shippedEnvironment, shippedFlags } from "../../measure/shipped-flags.ts";

function flagsOf(file: string, pattern: RegExp): RegExpMatchArray | null {
  const [, flags = ""] = pattern.exec(readFileSync(file, "utf8")) ?? [];
  return flags.match(/--[\w=-]+/g);
}

it.each([
  ["Dockerfile", /^ENTRYPOINT \["[^"]*node", ([^\]]*), "[^"]*\.js"\]$/m],
  ["package.json", /"start": "node (.*) src\/main\.ts serve"/],
])("measures with the flags of %s", (file, pattern) => {
  expect(flagsOf(file, pattern)).toEqual(shippedFlags);
});

it("measures with what the image sets for the allocator", () => {
  const set = readFileSync("Dockerfile", "utf8").match(/\bMALLOC_\w+=\S+/g);
  expect(set).toEqual(Object.entries(shippedEnvironment).map(([name, value]) => `${name}=${value}`));
});

it("gives the program itself those that fit its first line, of which old kernels read 127 bytes", () => {
  // For many models, and for large bodies; Node 22, which runs the built program as well, does not know the second.
  const left = ["--heap-growing-percent=50", "--external-memory-accounted-in-global-limit"];
  expect(flagsOf("src/main.ts", /^(#!.{1,125})\n/)).toEqual(shippedFlags.filter((flag) => !left.includes(flag)));
});
