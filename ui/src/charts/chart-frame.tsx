import type { ReactNode } from "react";

/** Where numbers stand in a chart, in the units of its drawing. */
export interface Plot {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  /** Where a number stands on the axis at the left. */
  y(value: number): number;
}

const width = 720;
const right = width - 16;
const top = 16;

/**
 * What every chart has: a caption, the axis of its numbers at the left with lines across, and what it draws. The caption
 * names the picture for those who do not see it; the table beside it has the numbers.
 */
export function ChartFrame({
  caption,
  height,
  left,
  below,
  ticks,
  draw,
  children,
}: {
  caption: string;
  height: number;
  /** How much room there is at the left of the axis, and below the plot. */
  left: number;
  below: number;
  /** The numbers of the axis, from the least to the greatest. */
  ticks: readonly number[];
  draw: (plot: Plot) => ReactNode;
  /** What stands under the picture. */
  children?: ReactNode;
}) {
  const bottom = height - below;
  const [low, high] = [ticks[0]!, ticks.at(-1)!];
  const y = (value: number): number => top + ((high - value) * (bottom - top)) / (high - low);
  return (
    <figure className="kmr-chart">
      <figcaption>{caption}</figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={caption}>
        {ticks.map((tick) => (
          <g key={tick}>
            <line x1={left} x2={right} y1={y(tick)} y2={y(tick)} className="kmr-chart-grid" />
            <text x={left - 8} y={y(tick) + 4} textAnchor="end">
              {tick}
            </text>
          </g>
        ))}
        {draw({ left, right, bottom, y })}
      </svg>
      {children}
    </figure>
  );
}
