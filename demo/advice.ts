import type { JsonValue } from "@bufbuild/protobuf";

/** Samples of one disk, as a monitoring system has them. */
const samples = { disk_utilization: 91.2, iops: 5000, disk_age_days: 365 };

interface Advice {
  readonly models: readonly {
    readonly modelName: string;
    readonly triggers: readonly { readonly trigger: { readonly metric: string; readonly threshold: number } }[];
    readonly verdict: {
      readonly value: JsonValue;
      readonly threshold: number;
      readonly comparison: string;
      readonly thresholdCrossed: boolean;
      readonly remediationActions: readonly {
        readonly type: string;
        readonly severity?: string;
        readonly target?: string;
      }[];
    };
  }[];
}

/**
 * Goes from metric samples to advice, as a monitoring system would, and prints it in a few lines.
 *
 * @param url the address of the registry, without a slash at the end
 * @throws Error when the registry refuses
 */
export async function adviceFromMetrics(url: string): Promise<string> {
  const response = await fetch(`${url}/api/v1/triggers/evaluate`, { method: "POST", body: JSON.stringify(samples) });
  const answer = (await response.json()) as Advice & { error?: string };
  if (!response.ok) throw new Error(answer.error);
  const lines = answer.models.map(({ modelName, triggers: [fired], verdict }) => {
    const { value, comparison, threshold, thresholdCrossed, remediationActions } = verdict;
    const actions = remediationActions
      .map(({ type, severity, target }) => `${type} (${severity ?? target})`)
      .join(", ");
    return [
      `  ${modelName} is called because ${fired!.trigger.metric} reached ${fired!.trigger.threshold}`,
      `  its prediction ${value} ${thresholdCrossed ? "is" : "is not"} ${comparison} ${threshold}; advice: ${actions || "none"}`,
    ].join("\n");
  });
  const shown = Object.entries(samples).map(([name, sample]) => `${name} ${sample}`);
  return [`From metric samples (${shown.join(", ")}) to advice:`, ...lines].join("\n");
}
