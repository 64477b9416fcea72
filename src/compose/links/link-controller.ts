import type { Config } from "../../config/config.ts";
import { LinkController } from "../../controller/links/link-controller.ts";
import { createKubeClient } from "../../kube/kube-client.ts";
import type { ClusterAccess } from "../../kube/kube-config.ts";
import type { KubeWriter } from "../../kube/kube-writer.ts";
import { clusterDomainOf } from "../../registry/trust.ts";
import type { Log } from "../log.ts";
import { openRegistries } from "./open-registry.ts";

/** The controller that writes InferenceServices into the registry of versions; undefined where it is not configured. */
export function linkController(
  config: Config,
  access: ClusterAccess,
  writer: KubeWriter,
  identity: string,
  log: Log,
): LinkController | undefined {
  if (config.inferenceServiceController !== "managed") return undefined;
  return new LinkController({
    client: createKubeClient(access),
    writer,
    namespaces: config.watchNamespaces,
    names: {
      registeredModelId: config.registeredModelIdLabel,
      modelVersionId: config.modelVersionIdLabel,
      inferenceServiceId: config.inferenceServiceIdLabel,
      registryNamespace: config.registryNamespaceLabel,
      registryName: config.registryNameLabel,
      registryUrl: config.registryUrlAnnotation,
      finalizer: config.linkFinalizer,
    },
    rules: {
      defaultUrl: config.versionsUrl,
      urls: config.registryUrls,
      namespaces: config.registriesNamespaces,
      serviceAnnotation: config.registryServiceAnnotation,
      clusterDomain: clusterDomainOf(config.urlFormat),
    },
    registries: openRegistries(config),
    identity,
    onTrouble: (problem) => log.warn({ problem }, problem),
  });
}
