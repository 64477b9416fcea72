import { ChartFrame, type Plot } from "./chart-frame.tsx";
import { ticksOf } from "./scale.ts";

/** What was measured of one kind of hardware: latency at a throughput. */
export interface LatencySeries {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

const height = 300;
/** More kinds of hardware cannot be distinguished; the table beside it has them all. */
const maxSeries = 8;

/** Latency over throughput, one line for each kind of hardware. Shapes tell them apart where colours do not. */
export function LatencyChart({
  series,
  xLabel,
  yLabel,
  caption,
}: {
  series: readonly LatencySeries[];
  xLabel: string;
  yLabel: string;
  caption: string;
}) {
  const shown = series.slice(0, maxSeries);
  const points = shown.flatMap((one) => one.points);
  if (points.length === 0) return null;
  const xTicks = ticksOf([0, ...points.map((point) => point.x)]);
  const yTicks = ticksOf([0, ...points.map((point) => point.y)]);
  const draw = ({ left, right, bottom, y }: Plot) => {
    const x = (value: number): number => left + (value / xTicks.at(-1)!) * (right - left);
    const middle = (y(yTicks[0]!) + y(yTicks.at(-1)!)) / 2;
    return (
      <>
        {xTicks.map((tick) => (
          <text key={tick} x={x(tick)} y={bottom + 18} textAnchor="middle">
            {tick}
          </text>
        ))}
        <text x={(left + right) / 2} y={height - 8} textAnchor="middle">
          {xLabel}
        </text>
        <text x={14} y={middle} textAnchor="middle" transform={`rotate(-90 14 ${middle})`}>
          {yLabel}
        </text>
        {shown.map((one, s) => {
          const sorted = one.points.toSorted((a, b) => a.x - b.x);
          return (
            <g key={one.name} className={`kmr-series-${s}`}>
              <title>{one.name}</title>
              <polyline
                points={sorted.map((point) => `${x(point.x)},${y(point.y)}`).join(" ")}
                className="kmr-chart-line"
              />
              {sorted.map((point) => (
                <path
                  key={`${point.x} ${point.y}`}
                  d={marks[s]}
                  transform={`translate(${x(point.x)} ${y(point.y)})`}
                  className="kmr-chart-point"
                >
                  <title>{`${one.name}: ${point.y} at ${point.x}`}</title>
                </path>
              ))}
            </g>
          );
        })}
      </>
    );
  };
  return (
    <ChartFrame caption={caption} height={height} left={64} below={48} ticks={yTicks} draw={draw}>
      <ul className="kmr-legend" aria-label="Lines">
        {shown.map(({ name }, s) => (
          <li key={name} className={`kmr-series-${s}`}>
            <svg viewBox="-8 -8 16 16" aria-hidden="true">
              <path d={marks[s]} className="kmr-chart-point" />
            </svg>
            {name}
          </li>
        ))}
      </ul>
      {series.length > maxSeries && (
        <p className="kmr-quiet">
          The first {maxSeries} of {series.length} kinds of hardware.
        </p>
      )}
    </ChartFrame>
  );
}

/** Shapes around the origin, about ten pixels wide. */
const marks = [
  "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0",
  "M-5 -5H5V5H-5Z",
  "M0 -6L6 5H-6Z",
  "M0 -6L6 0L0 6L-6 0Z",
  "M0 6L6 -5H-6Z",
  "M-2 -6H2V-2H6V2H2V6H-2V2H-6V-2H-2Z",
  "M-6 -3H6V3H-6Z",
  "M-3 -6H3V6H-3Z",
] as const;
