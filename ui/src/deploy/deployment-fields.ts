import type { MessageInitShape } from "@bufbuild/protobuf";
import { DeploymentMode, type DeploymentSchema } from "../../../gen/kserve/versions/v1/deployment_pb.ts";

/** What a person says of a deployment, as it is typed. Empty: the artifact, or KServe, decides. */
export interface DeploymentValues {
  readonly namespace: string;
  readonly serviceName: string;
  readonly modelFormat: string;
  readonly runtime: string;
  readonly protocol: string;
  readonly serviceAccountName: string;
  readonly mode: string;
  readonly canaryPercent: string;
  readonly minReplicas: string;
  readonly maxReplicas: string;
}

/** One field of the form. */
export interface DeploymentField {
  readonly id: keyof DeploymentValues;
  readonly label: string;
  readonly help: string;
  /** The values that there are, with their labels; any text without them. */
  readonly options?: readonly (readonly [value: string, label: string])[];
  readonly isNumber?: true;
}

export const deploymentFields: readonly DeploymentField[] = [
  { id: "namespace", label: "Namespace", help: "The target namespace. Required to apply it from here." },
  { id: "serviceName", label: "Name", help: "The name of the InferenceService. Empty: derived from the model's name." },
  { id: "modelFormat", label: "Format", help: "sklearn, onnx, pytorch… Empty: that of the artifact." },
  { id: "runtime", label: "Serving runtime", help: "Empty: chosen by KServe from the format." },
  {
    id: "protocol",
    label: "Protocol",
    help: "The model server's protocol.",
    options: [
      ["", "from the artifact, or KServe's default"],
      ["v1", "KServe v1"],
      ["v2", "Open Inference Protocol over HTTP (v2)"],
      ["grpc-v2", "Open Inference Protocol over gRPC (grpc-v2)"],
    ],
  },
  { id: "serviceAccountName", label: "ServiceAccount", help: "The account whose Secrets give access to the files." },
  {
    id: "mode",
    label: "How it runs",
    help: "Only Knative splits traffic and scales to zero.",
    options: [
      ["", "cluster default"],
      ["KNATIVE", "Knative service"],
      ["STANDARD", "Deployment with a Service"],
    ],
  },
  { id: "canaryPercent", label: "Share of the traffic, in percent", help: "Empty: all of it.", isNumber: true },
  { id: "minReplicas", label: "Replicas, at least", help: "Empty: KServe's default.", isNumber: true },
  { id: "maxReplicas", label: "Replicas, at most", help: "Empty: KServe's default.", isNumber: true },
];

export const noValues = Object.fromEntries(deploymentFields.map(({ id }) => [id, ""])) as unknown as DeploymentValues;

const wholeNumber = /^\d{1,6}$/;

/** What is wrong with the numbers, by field. They cannot be sent, and to leave them out would mean something else. */
export function numberProblems(values: DeploymentValues): readonly (readonly [field: string, problem: string])[] {
  return deploymentFields
    .filter(({ id, isNumber }) => isNumber && values[id].trim() !== "" && !wholeNumber.test(values[id].trim()))
    .map(({ id }) => [id, "expected a whole number"]);
}

/** The deployment that the values describe, of one version. */
export function deploymentOf(
  name: string,
  version: string,
  values: DeploymentValues,
): MessageInitShape<typeof DeploymentSchema> {
  const number = (text: string): { value?: number } => (wholeNumber.test(text.trim()) ? { value: Number(text) } : {});
  const { canaryPercent, minReplicas, maxReplicas, mode, ...texts } = values;
  const [canary, least, most] = [canaryPercent, minReplicas, maxReplicas].map(number);
  return {
    name,
    selector: { case: "version", value: version },
    ...Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, text.trim()])),
    mode: DeploymentMode[(mode || "UNSPECIFIED") as keyof typeof DeploymentMode],
    ...(canary?.value === undefined ? {} : { canaryPercent: canary.value }),
    ...(least?.value === undefined ? {} : { minReplicas: least.value }),
    ...(most?.value === undefined ? {} : { maxReplicas: most.value }),
  };
}

/** The field of the form that a wrong field of the request is: `deployment.service_name` is `serviceName`. */
export function fieldOfPath(path: string): string {
  return path.replace(/^deployment\./, "").replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
