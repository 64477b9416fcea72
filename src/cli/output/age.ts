import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";

/** How long ago a time was, in its largest whole unit: `45s`, `12m`, `3h`, `5d`. `-` when it is not known. */
export function ageOf(time: Timestamp | undefined, nowMs = Date.now()): string {
  if (time === undefined) return "-";
  // Clocks of two machines may differ a little; what lies ahead counts as now.
  const seconds = Math.max(0, Math.floor((nowMs - timestampMs(time)) / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
