import type { DescFile } from "@bufbuild/protobuf";
import type { ConnectRouter } from "@connectrpc/connect";
import { file_google_rpc_error_details } from "../../../gen/google/rpc/error_details_pb.ts";
import { file_google_rpc_status } from "../../../gen/google/rpc/status_pb.ts";
import { file_grpc_health_v1_health, Health } from "../../../gen/grpc/health/v1/health_pb.ts";
import {
  file_grpc_reflection_v1_reflection,
  ServerReflection,
  ServerReflectionResponseSchema,
} from "../../../gen/grpc/reflection/v1/reflection_pb.ts";
import {
  file_grpc_reflection_v1alpha_reflection,
  ServerReflection as ServerReflectionAlpha,
  ServerReflectionResponseSchema as ServerReflectionResponseAlphaSchema,
} from "../../../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { file_inference_grpc_service, GRPCInferenceService } from "../../../gen/inference/grpc_service_pb.ts";
import { file_kserve_catalog_v1_error_reason } from "../../../gen/kserve/catalog/v1/error_reason_pb.ts";
import { file_kserve_catalog_v1_model_catalog, ModelCatalog } from "../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import { file_kserve_registry_v1_error_reason } from "../../../gen/kserve/registry/v1/error_reason_pb.ts";
import {
  file_kserve_registry_v1_model_registry,
  ModelRegistry,
} from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { file_kserve_versions_v1_error_reason } from "../../../gen/kserve/versions/v1/error_reason_pb.ts";
import {
  file_kserve_versions_v1_version_registry,
  VersionRegistry,
} from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import type { PackageRoots } from "../../contract/file-options.ts";
import type { CatalogDeps } from "../catalog/catalog-deps.ts";
import { createModelCatalogService } from "../catalog/model-catalog-service.ts";
import { createInferenceService, type InferenceDeps } from "../oip/inference-service.ts";
import { createVisibleIndex } from "../typed/visible-index.ts";
import { createVersionRegistryService, type VersionsDeps } from "../versions/version-registry-service.ts";
import { createHealthService } from "./health-service.ts";
import type { HealthDeps } from "./health-status.ts";
import { createModelRegistryService } from "./model-registry-service.ts";
import { createReflection } from "./reflection-service.ts";

/** What clients can ask reflection for, besides the typed services: the services, and the messages of error details. */
const reflectedFiles: readonly DescFile[] = [
  file_kserve_registry_v1_model_registry,
  file_kserve_registry_v1_error_reason,
  file_inference_grpc_service,
  file_google_rpc_error_details,
  file_google_rpc_status,
  file_grpc_health_v1_health,
  file_grpc_reflection_v1_reflection,
  file_grpc_reflection_v1alpha_reflection,
];

/** The same of the registry of versions. */
const versionsFiles: readonly DescFile[] = [
  file_kserve_versions_v1_version_registry,
  file_kserve_versions_v1_error_reason,
];

/** The same of the catalog. */
const catalogFiles: readonly DescFile[] = [file_kserve_catalog_v1_model_catalog, file_kserve_catalog_v1_error_reason];

/** What the services need of the rest. */
export type RouteDeps = InferenceDeps &
  HealthDeps & {
    /** Undefined: there is no database, and the service of the registry of versions is not there. */
    readonly versions?: VersionsDeps | undefined;
    /** Undefined: no sources are configured, and the service of the catalog is not there. */
    readonly catalog?: CatalogDeps | undefined;
    /** What the packages of typed contracts begin with in each language. */
    readonly packageRoots?: PackageRoots;
  };

/** Registers every service of this server. */
export function registerRoutes(router: ConnectRouter, deps: RouteDeps): void {
  const { versions, catalog } = deps;
  const files = [
    ...reflectedFiles,
    ...(versions === undefined ? [] : versionsFiles),
    ...(catalog === undefined ? [] : catalogFiles),
  ];
  const index = createVisibleIndex(files, deps.registry, deps.packageRoots);
  router.service(ModelRegistry, createModelRegistryService(deps));
  router.service(GRPCInferenceService, createInferenceService(deps));
  if (versions !== undefined) router.service(VersionRegistry, createVersionRegistryService(versions));
  if (catalog !== undefined) {
    router.service(ModelCatalog, createModelCatalogService({ ...catalog, versions, stopping: deps.stopping }));
  }
  router.service(Health, createHealthService(deps));
  router.service(ServerReflection, {
    serverReflectionInfo: createReflection(index, ServerReflectionResponseSchema),
  });
  router.service(ServerReflectionAlpha, {
    serverReflectionInfo: createReflection(index, ServerReflectionResponseAlphaSchema),
  });
}
