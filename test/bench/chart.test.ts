import { expect, it } from "vitest";
import { chart } from "../../bench/chart.ts";

const figures = new Map([
  [
    "grpc/instances/1",
    new Map([
      ["connect-node", [220, 200, 210]],
      ["ours", [50, 60, 55]],
      ["ours, FAST_PATH=off", [300]],
    ]),
  ],
]);

it("draws the median of each server, the cheapest first, in proportion", () => {
  const drawn = chart(figures);
  expect(drawn).toContain("gRPC, 1 × 8 instances");
  const bars = [...drawn.matchAll(/<rect class="(\w+)" .* width="(\d+)"/g)].map(([, kind, width]) => [
    kind,
    Number(width),
  ]);
  expect(bars).toEqual([
    ["ours", Math.round((55 / 210) * 500)],
    ["peer", 500],
  ]);
  expect(drawn).toMatch(/55\.0 µs[\s\S]*210 µs/);
});

it("omits what was not measured, and what no server runs", () => {
  expect(chart(figures)).not.toMatch(/REST|FAST_PATH/);
});
