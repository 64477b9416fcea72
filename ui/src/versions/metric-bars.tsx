import type { ComparisonRow } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { valuesOf } from "./row-values.ts";

const barHeight = 18;
const gap = 6;
const width = 640;
const labelWidth = 120;
const valueWidth = 80;

/** The metrics of versions as bars, each metric on a scale of its own. */
export function MetricBars({ versions, rows }: { versions: readonly string[]; rows: readonly ComparisonRow[] }) {
  const metrics = rows
    .map((row) => ({ name: row.name, values: valuesOf(row) }))
    .filter(({ values }) => values.some((value) => typeof value === "number"));
  if (metrics.length === 0) return null;
  return (
    <section aria-label="Metrics as bars">
      {metrics.map(({ name, values }) => {
        const numbers = values.map((value) => (typeof value === "number" ? value : undefined));
        const most = Math.max(...numbers.map((value) => Math.abs(value ?? 0))) || 1;
        const height = versions.length * (barHeight + gap);
        return (
          <figure key={name} className="kmr-chart">
            <figcaption>{name}</figcaption>
            <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${name} by version`}>
              {versions.map((version, i) => {
                const y = i * (barHeight + gap);
                const value = numbers[i];
                const length = (Math.abs(value ?? 0) / most) * (width - labelWidth - valueWidth);
                return (
                  <g key={version} className={`kmr-series-${i % 8}`}>
                    <text x={labelWidth - 8} y={y + barHeight - 4} textAnchor="end">
                      {version.length > 16 ? `${version.slice(0, 15)}…` : version}
                    </text>
                    <rect x={labelWidth} y={y} width={length} height={barHeight} rx="3" className="kmr-chart-bar" />
                    <text x={labelWidth + length + 8} y={y + barHeight - 4}>
                      {value ?? "none"}
                    </text>
                  </g>
                );
              })}
            </svg>
          </figure>
        );
      })}
    </section>
  );
}
