import type { MessageInitShape } from "@bufbuild/protobuf";
import type { RegisterVersionRequestSchema } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { readLines } from "./read-lines.ts";

/** A version to register, as it is typed. */
export interface TypedVersion {
  readonly name: string;
  readonly version: string;
  readonly uri: string;
  readonly format: string;
  readonly formatVersion: string;
  readonly description: string;
  /** One per line: `accuracy = 0.97`. */
  readonly metrics: string;
  /** One per line: `team = storage`. */
  readonly properties: string;
}

/** The request that registers a version with its files and metrics. */
export function registrationOf(typed: TypedVersion): MessageInitShape<typeof RegisterVersionRequestSchema> {
  return {
    registeredModel: { name: typed.name.trim() },
    modelVersion: {
      name: typed.version.trim(),
      description: typed.description,
      customProperties: Object.fromEntries(
        readLines(typed.properties).map(([key, value]) => [key, { value: { case: "stringValue" as const, value } }]),
      ),
    },
    artifacts: [
      {
        sort: {
          case: "modelArtifact",
          value: {
            uri: typed.uri.trim(),
            modelFormatName: typed.format.trim(),
            modelFormatVersion: typed.formatVersion.trim(),
          },
        },
      },
      ...readLines(typed.metrics).map(([name, value]) => ({
        name,
        sort: { case: "metric" as const, value: { value: Number(value) } },
      })),
    ],
  };
}

/** What is wrong with metrics as they are typed; undefined where nothing is. */
export function metricProblem(typed: string): string | undefined {
  const wrong = readLines(typed).find(([, value]) => value === "" || !Number.isFinite(Number(value)));
  return wrong === undefined ? undefined : `${wrong[0]}: expected a number`;
}
