import type { ClusterAccess } from "./kube-config.ts";
import { createKubeTransport } from "./kube-transport.ts";
import { objectTimeoutMs, readObject } from "./object-answer.ts";

/** An InferenceService as it is applied. */
export interface InferenceServiceToApply {
  readonly namespace: string;
  readonly name: string;
  /** As YAML, of that namespace and name. */
  readonly manifest: string;
  /** Whether to take over fields that others own. */
  readonly force: boolean;
  /** Whether the API server only validates, and changes nothing. */
  readonly dryRun: boolean;
}

/** The field manager of server-side apply. */
const fieldManager = "kserve-model-registry";

/**
 * Applies an InferenceService by server-side apply.
 *
 * @param answerTimeoutMs how long the answer may take after its head
 * @returns whether it was made
 * @throws KubeError
 */
export async function applyInferenceService(
  access: ClusterAccess,
  { namespace, name, manifest, force, dryRun }: InferenceServiceToApply,
  signal: AbortSignal,
  answerTimeoutMs = objectTimeoutMs,
): Promise<boolean> {
  const transport = createKubeTransport(access);
  try {
    const response = await transport.send({
      method: "PATCH",
      path: `/apis/serving.kserve.io/v1beta1/namespaces/${namespace}/inferenceservices/${name}`,
      query: { fieldManager, force: String(force), ...(dryRun ? { dryRun: "All" } : {}) },
      body: manifest,
      signal,
    });
    // Read to its end, so that only a complete answer counts.
    await readObject(response, answerTimeoutMs);
    return response.statusCode === 201;
  } finally {
    transport.close();
  }
}
