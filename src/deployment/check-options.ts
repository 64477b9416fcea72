import { isDnsLabel } from "../base/field-reader.ts";
import { type DeploymentOptions, type DeploymentProblem, maxReplicas, protocols } from "./deployment.ts";

/** A name as Kubernetes takes it for objects such as ServiceAccounts and runtimes: a DNS subdomain. */
const subdomain = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const formatName = /^[A-Za-z0-9][-A-Za-z0-9._]{0,62}$/;

type Check = readonly [option: keyof DeploymentOptions, isRight: (text: string) => boolean, form: string];

const texts: readonly Check[] = [
  ["namespace", isDnsLabel, "expected a DNS label such as fraud-team"],
  ["serviceName", isDnsLabel, "expected a DNS label of at most 63 characters such as disk-failure-predictor"],
  ["modelFormat", (text) => formatName.test(text), "expected the name of a format such as sklearn"],
  ["modelFormatVersion", (text) => formatName.test(text), "expected the version of a format such as 1"],
  ["runtime", (text) => subdomain.test(text), "expected the name of a serving runtime such as kserve-sklearnserver"],
  ["protocol", (text) => protocols.includes(text as never), `expected ${protocols.join(", ")}`],
  ["serviceAccountName", (text) => subdomain.test(text), "expected the name of a ServiceAccount"],
  ["registryNamespace", isDnsLabel, "expected a DNS label such as kubeflow"],
];

/** All problems of the options of a deployment, whatever is deployed. */
export function checkOptions(options: DeploymentOptions): DeploymentProblem[] {
  const problems = texts.flatMap(([option, isRight, form]): DeploymentProblem[] => {
    const value = options[option] as string | undefined;
    if (value === undefined || isRight(value)) return [];
    return [{ option, description: `${form}, found ${JSON.stringify(value.slice(0, 100))}` }];
  });
  return [...problems, ...trafficProblems(options), ...replicaProblems(options)];
}

function trafficProblems({ canaryPercent, mode }: DeploymentOptions): DeploymentProblem[] {
  if (canaryPercent === undefined) return [];
  if (!Number.isInteger(canaryPercent) || canaryPercent < 0 || canaryPercent > 100) {
    return [{ option: "canaryPercent", description: `expected 0 to 100, found ${canaryPercent}` }];
  }
  if (mode === "knative") return [];
  const found = mode === undefined ? "none is given, and the cluster's default may be another" : `this one is ${mode}`;
  return [{ option: "canaryPercent", description: `only the mode knative splits traffic; ${found}` }];
}

function replicaProblems(options: DeploymentOptions): DeploymentProblem[] {
  const { minReplicas, maxReplicas: most, mode } = options;
  const problems: DeploymentProblem[] = [];
  const isCount = (value: number, least: number) => Number.isInteger(value) && value >= least && value <= maxReplicas;
  const least = mode === "knative" ? 0 : 1;
  if (minReplicas !== undefined && !isCount(minReplicas, least)) {
    const why = least === 0 ? "" : "; 0 needs the mode knative";
    problems.push({
      option: "minReplicas",
      description: `expected ${least} to ${maxReplicas}${why}, found ${minReplicas}`,
    });
  }
  if (most !== undefined && !isCount(most, Math.max(1, minReplicas ?? 0))) {
    problems.push({
      option: "maxReplicas",
      description: `expected ${Math.max(1, minReplicas ?? 0)} to ${maxReplicas}, found ${most}`,
    });
  }
  return problems;
}
