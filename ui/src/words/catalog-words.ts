import { AccessTypeSchema, DeploymentModeSchema } from "../../../gen/kserve/catalog/v1/mcp_server_pb.ts";
import { MetricsTypeSchema } from "../../../gen/kserve/catalog/v1/model_pb.ts";
import { SourceStatus, SourceStatusSchema } from "../../../gen/kserve/catalog/v1/source_pb.ts";
import { wordsOf } from "./enum-words.ts";

const plainStatus = wordsOf(SourceStatusSchema);

/** How a source is. */
export function sourceStatusWords(status: SourceStatus): string {
  return status === SourceStatus.UNSPECIFIED ? "not read yet" : plainStatus(status);
}

/** What a tool may do: `read only`. */
export const accessWords = wordsOf(AccessTypeSchema);
/** Where a server runs: `local`, `remote`. */
export const deploymentWords = wordsOf(DeploymentModeSchema);
/** What was measured: `performance`. */
export const metricsWords = wordsOf(MetricsTypeSchema);
