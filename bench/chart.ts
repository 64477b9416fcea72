import { median } from "../measure/stats.ts";
import { figure } from "../measure/table.ts";
import { caseName } from "./cases.ts";
import type { CpuFigures } from "./measure-cpu.ts";
import { peerNames } from "./peers.ts";
import { describe } from "./report.ts";

/** What the picture shows: a small and a large call for each way that most callers take. */
const shown = [
  caseName({ protocol: "grpc", form: "instances", rows: 1, model: "" }),
  caseName({ protocol: "grpc", form: "instances", rows: 1000, model: "" }),
  caseName({ protocol: "connect-json", form: "instances", rows: 1, model: "" }),
  caseName({ protocol: "connect-json", form: "instances", rows: 1000, model: "" }),
  caseName({ protocol: "rest", form: "body", rows: 1, model: "" }),
  caseName({ protocol: "rest", form: "body", rows: 1000, model: "" }),
];

/** Forms of ours that nobody runs; the tables have them. */
const hidden: readonly string[] = [peerNames.source, peerNames.noFastPath];

const width = 760;
const labelWidth = 150;
const barWidth = 500;
const barHeight = 16;
const rowHeight = 22;
const groupGap = 46;

/**
 * Draws the CPU time of each server as an SVG picture that is readable on light and on dark pages. Each case has a scale
 * of its own, because a large call costs a hundred times a small one.
 */
export function chart(figures: CpuFigures): string {
  const parts: string[] = [];
  let y = 0;
  for (const name of shown) {
    const bars = barsOf(figures, name);
    if (bars.length === 0) continue;
    const longest = Math.max(...bars.map(({ micros }) => micros));
    y += groupGap;
    parts.push(`<text class="case" x="0" y="${y - 12}">${describe(name).replaceAll("`", "")}</text>`);
    for (const { peer, micros } of bars) {
      const length = Math.max(1, Math.round((micros / longest) * barWidth));
      const middle = y + barHeight / 2;
      const kind = peer === peerNames.bundle ? "ours" : "peer";
      parts.push(
        `<text class="${kind}-name" x="${labelWidth - 10}" y="${middle}">${peer}</text>`,
        `<rect class="${kind}" x="${labelWidth}" y="${y}" width="${length}" height="${barHeight}" rx="2"/>`,
        `<text class="value" x="${labelWidth + length + 8}" y="${middle}">${figure(micros)} µs</text>`,
      );
      y += rowHeight;
    }
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y + 8}" width="${width}" height="${y + 8}" role="img" aria-labelledby="title">`,
    '<title id="title">CPU time of the server for one request, in microseconds; shorter is better</title>',
    `<style>${style}</style>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

/** The servers of a case, the cheapest first. */
function barsOf(figures: CpuFigures, name: string): { peer: string; micros: number }[] {
  return [...(figures.get(name) ?? [])]
    .filter(([peer]) => !hidden.includes(peer))
    .map(([peer, rounds]) => ({ peer, micros: median(rounds) }))
    .sort((one, other) => one.micros - other.micros);
}

const style = [
  "text{font:13px system-ui,sans-serif;fill:#57606a;dominant-baseline:central}",
  ".case{font-weight:600;fill:#24292f}",
  ".peer-name,.ours-name{text-anchor:end}",
  ".ours-name{font-weight:600;fill:#0969da}",
  ".ours{fill:#0969da}.peer{fill:#afb8c1}",
  "@media(prefers-color-scheme:dark){text{fill:#8b949e}.case{fill:#e6edf3}.ours-name{fill:#58a6ff}.ours{fill:#58a6ff}.peer{fill:#484f58}}",
].join("");
