import { describe, expect, it } from "vitest";
import { readPage } from "./snippets.ts";

/** What a block of figures that a program has written holds. */
function figures(page: string, name: string): string {
  const block = new RegExp(`<!-- bench:${name} -->([\\s\\S]*?)<!-- /bench:${name} -->`).exec(readPage(page));
  if (block === null) throw new Error(`${page} has no figures of ${name}`);
  return block[1]!;
}

/** Our own µs of CPU for a call, in every protocol: rows as `instances`, and over REST as they come. */
function cpuOf(rows: string): number[] {
  const [rpcs = "", rest = ""] = figures("docs/PERFORMANCE.md", "cpu").split("### REST");
  const found = [
    ...rpcs.matchAll(/^\| ([\d,]+) × 8 `instances` \| \*\*([\d.,]+)\*\* /gm),
    ...rest.matchAll(/^\| ([\d,]+) × 8 `body` \| \*\*([\d.,]+)\*\* /gm),
  ];
  return found.filter(([, of]) => of === rows).map(([, , ours]) => Number(ours!.replace(",", "")));
}

function memory(name: string, pattern: RegExp): number[] {
  const match = pattern.exec(figures("docs/RELIABILITY.md", name));
  if (match === null) throw new Error(`docs/RELIABILITY.md has no memory of ${name}`);
  return match.slice(1).map(Number);
}

const range = (values: readonly number[], digits: number): string =>
  `${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)}`;

describe("the sizing of DEPLOYMENT.md has what was measured", () => {
  const sizing = readPage("docs/DEPLOYMENT.md").split("\n## Sizing\n")[1]!;
  const small = cpuOf("1");
  const large = cpuOf("1,000").map((microseconds) => microseconds / 1000);
  const soak = memory("soak", /^\| resident memory grows .* ([\d.]+) MiB, then ([\d.]+) MiB/m);

  it.each([
    ["for a row", "| a call with one row of 8 |", `${range(small, 0)} µs of CPU`],
    ["for a thousand rows", "| a call with 1,000 rows of 8 |", `${range(large, 2)} ms of CPU`],
    [
      "as memory at the start",
      "| memory after a few calls",
      `| ${memory("chaos", /MiB live and (\d+) MiB resident before/)[0]} MiB |`,
    ],
    ["as memory for long", "| memory in half an hour", `| ${Math.max(...soak).toFixed(0)} MiB |`],
    ["as memory under attack", "| memory in 200,000", `at most ${memory("fuzz", /at most (\d+) MiB/)[0]} MiB`],
  ])("%s", (_, row, figure) => {
    expect(sizing.split("\n").find((line) => line.startsWith(row))).toContain(figure);
  });

  it("and requests no more CPU for a thousand calls than they take", () => {
    expect(sizing).toContain("100m of CPU for a thousand calls a second");
    expect(Math.max(...small)).toBeLessThanOrEqual(100);
  });
});
