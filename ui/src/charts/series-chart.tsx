import { ChartFrame, type Plot } from "./chart-frame.tsx";
import { ticksOf } from "./scale.ts";

/** One line of a chart. */
export interface Series {
  readonly name: string;
  readonly values: readonly number[];
}

const maxSeries = 8;

/** Numbers over rows or steps, with the threshold where there is one. The table beside it has the same numbers. */
export function SeriesChart({
  series,
  threshold,
  axis,
  caption,
}: {
  series: readonly Series[];
  threshold?: number | undefined;
  /** What the numbers stand over: `row`, `step`. */
  axis: string;
  caption: string;
}) {
  const shown = series.slice(0, maxSeries);
  const count = Math.max(...shown.map(({ values }) => values.length));
  const ticks = ticksOf([...shown.flatMap(({ values }) => values), ...(threshold === undefined ? [] : [threshold])]);
  const every = Math.ceil(count / 12);
  const draw = ({ left, right, bottom, y }: Plot) => {
    const x = (i: number): number => left + ((i + 0.5) * (right - left)) / count;
    return (
      <>
        {Array.from({ length: count }, (_, i) => i)
          .filter((i) => i % every === 0)
          .map((i) => (
            <text key={i} x={x(i)} y={bottom + 22} textAnchor="middle">
              {i === 0 ? `${axis} 1` : i + 1}
            </text>
          ))}
        {shown.map(({ name, values }, s) => (
          <g key={name} className={`kmr-series-${s}`}>
            <title>{name}</title>
            <polyline points={values.map((value, i) => `${x(i)},${y(value)}`).join(" ")} className="kmr-chart-line" />
            {count <= 60 &&
              // biome-ignore lint/suspicious/noArrayIndexKey: a point is known by its place alone
              values.map((value, i) => <circle key={i} cx={x(i)} cy={y(value)} r="4" className="kmr-chart-point" />)}
          </g>
        ))}
        {threshold !== undefined && (
          <g className="kmr-chart-threshold">
            <line x1={left} x2={right} y1={y(threshold)} y2={y(threshold)} />
            <text x={right} y={y(threshold) - 6} textAnchor="end">
              threshold {threshold}
            </text>
          </g>
        )}
      </>
    );
  };
  return (
    <ChartFrame caption={caption} height={240} left={56} below={32} ticks={ticks} draw={draw}>
      {series.length > maxSeries && (
        <p className="kmr-quiet">
          The first {maxSeries} of {series.length} rows.
        </p>
      )}
    </ChartFrame>
  );
}
