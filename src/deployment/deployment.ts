/** The protocols of model servers, as KServe names them. */
export const protocols = ["v1", "v2", "grpc-v2"] as const;

/** How KServe runs a model: values of the annotation, in the form that every version of KServe knows. */
export const modes = { knative: "Serverless", standard: "RawDeployment" } as const;

export type Mode = keyof typeof modes;

/** How to serve a version. Absent options are decided by its artifact, or left to KServe. */
export interface DeploymentOptions {
  readonly namespace?: string | undefined;
  /** The name of the InferenceService. */
  readonly serviceName?: string | undefined;
  readonly modelFormat?: string | undefined;
  readonly modelFormatVersion?: string | undefined;
  readonly runtime?: string | undefined;
  readonly protocol?: string | undefined;
  readonly serviceAccountName?: string | undefined;
  readonly mode?: Mode | undefined;
  /** In percent of the traffic. */
  readonly canaryPercent?: number | undefined;
  readonly minReplicas?: number | undefined;
  readonly maxReplicas?: number | undefined;
  readonly registryNamespace?: string | undefined;
}

/** A problem: the option, and what is expected of it. */
export interface DeploymentProblem {
  readonly option: keyof DeploymentOptions;
  readonly description: string;
}

/** A deployment that cannot be planned, with every problem. */
export class DeploymentError extends Error {
  readonly problems: readonly DeploymentProblem[];

  constructor(problems: readonly DeploymentProblem[]) {
    super(problems.map(({ option, description }) => `${option}: ${description}`).join("; "));
    this.name = "DeploymentError";
    this.problems = problems;
  }
}

/** The largest number of replicas that can be asked for. */
export const maxReplicas = 10_000;
