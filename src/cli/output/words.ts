import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import type { VersionLink } from "../../../gen/kserve/registry/v1/model_pb.ts";
import type { EntryProblem } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import type { RegisterVersionResponse } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { problemText } from "../../base/field-reader.ts";

/** The word of an enum value, as documents write it: `NOT_READY` is `not-ready`. Empty for an unspecified one. */
export function wordOf(values: Readonly<Record<string, number>>, value: number): string {
  if (value === 0) return "";
  const name = Object.keys(values).find((key) => values[key] === value);
  return name?.toLowerCase().replaceAll("_", "-") ?? String(value);
}

/** A number with its noun: `1 model`, `3 models`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

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

/** Why an entry is refused, in one line: the first problem, and how many more there are. */
export function problemWords(problems: readonly EntryProblem[]): string {
  const [first] = problems;
  if (first === undefined) return "refused";
  const words = problemText(first);
  return problems.length === 1 ? `rejected: ${words}` : `rejected: ${words} (and ${problems.length - 1} more)`;
}

/** A registered version, `disk-failure-predictor/2 (champion)`; empty for a link that leads to none. */
export function versionWords({ registeredModel, version, aliases }: VersionLink): string {
  if (registeredModel === "") return "";
  return `${registeredModel}/${version}${aliases.length === 0 ? "" : ` (${aliases.join(", ")})`}`;
}

/** What has become of a version that was to be registered, as a line. */
export function registeredWords({
  registeredModel,
  modelVersion,
  alreadyRegistered,
}: Pick<RegisterVersionResponse, "registeredModel" | "modelVersion" | "alreadyRegistered">): string {
  const said = alreadyRegistered ? "was already registered with the same values" : "is registered";
  return `${registeredModel?.name}:${modelVersion?.name} ${said}, ID ${modelVersion?.id}\n`;
}
