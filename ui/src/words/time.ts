import { type Duration, durationMs, type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";

const steps: readonly [unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const absolute = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** How long ago: `3 minutes ago`. */
export function ago(time: Timestamp | undefined, nowMs = Date.now()): string {
  if (time === undefined) return "never";
  const seconds = Math.round((timestampDate(time).getTime() - nowMs) / 1000);
  if (Math.abs(seconds) > 30 * 86_400) return absolute.format(timestampDate(time));
  const [unit, size] = steps.find(([, step]) => Math.abs(seconds) >= step) ?? ["second", 1];
  return relative.format(Math.trunc(seconds / size), unit);
}

/** The time as a clock and a calendar say it. */
export function exactly(time: Timestamp | undefined): string {
  return time === undefined ? "" : absolute.format(timestampDate(time));
}

/** How long something took: `12.3 ms`. */
export function durationText(duration: Duration | undefined): string {
  return duration === undefined ? "" : `${Number(durationMs(duration).toFixed(1))} ms`;
}
