import { problemText } from "../base/field-reader.ts";
import type { Config, Env } from "../config/config.ts";
import type { Source } from "../registry/ports.ts";
import { misplacedFiles, type TrustRules } from "../registry/trust.ts";
import { createDocumentReader } from "../sources/document-reader.ts";
import { readEnvironmentRegistry } from "../sources/env.ts";
import { createFileSource } from "../sources/file.ts";
import { judgedSource } from "../sources/judged-source.ts";
import { readLegacyEnvironment } from "../sources/legacy-env.ts";
import { createStaticSource } from "../sources/static-source.ts";
import { databaseOf } from "./database.ts";
import { kubernetesSources, trustRulesOf } from "./kubernetes.ts";

/** Creates the sources of models that are configured. None of them is started. */
export function createSources(
  env: Env,
  config: Config,
): { sources: Source[]; problems: readonly string[]; warnings: readonly string[] } {
  if (!config.integrationEnabled) {
    return { sources: [], problems: [], warnings: ["ENABLE_KSERVE_INTEGRATION=false: no models are served"] };
  }
  const rules = trustRulesOf(config);
  const { sources, problems, warnings } = readSources(env, config, rules);
  return { sources: sources.map((source) => judgedSource(source, rules)), problems, warnings };
}

function readSources(env: Env, config: Config, rules: TrustRules): ReturnType<typeof createSources> {
  const live = [...kubernetesSources(env, config), ...fileSources(config)];
  if (config.modelRegistry !== undefined) {
    const { entries, problems } = readEnvironmentRegistry(config.modelRegistry, config.namespace);
    const misplaced = entries.flatMap(({ entry, location }) =>
      misplacedFiles(entry, rules).map((problem) => `${location} (${entry.name}): ${problemText(problem)}`),
    );
    const source = createStaticSource("environment", entries);
    return { sources: [...live, source], problems: [...problems, ...misplaced], warnings: [] };
  }
  const { entries, problems } = readLegacyEnvironment(env, config.namespace);
  if (entries.length === 0 && problems.length === 0) {
    // A registry of versions and a catalog are useful without served models.
    if (live.length > 0 || databaseOf(config).options !== undefined || config.catalogSources.length > 0)
      return { sources: live, problems: [], warnings: [] };
    return { sources: [], problems: [noSource], warnings: [] };
  }
  return {
    sources: [...live, createStaticSource("legacy-environment", entries)],
    problems,
    warnings: ["KSERVE_<X>_SERVICE variables are deprecated; list the models in KSERVE_MODEL_REGISTRY instead"],
  };
}

function fileSources({ modelsFile, namespace, documentTimeoutMs }: Config): Source[] {
  if (modelsFile === undefined) return [];
  return [createFileSource({ path: modelsFile, read: createDocumentReader(namespace, documentTimeoutMs) })];
}

const noSource =
  "no models are configured: set KSERVE_MODEL_REGISTRY to a JSON array of entries " +
  '([{"name": "anomaly-detector", "service": "anomaly-detector-predictor", "type": "anomaly"}]), ' +
  "or KSERVE_MODELS_FILE to a file with models: [...], " +
  "or KSERVE_KUBERNETES_SOURCES to what to watch in Kubernetes, " +
  "or the legacy KSERVE_ANOMALY_DETECTOR_SERVICE, KSERVE_PREDICTIVE_ANALYTICS_SERVICE or any KSERVE_<X>_SERVICE, " +
  "or ENABLE_KSERVE_INTEGRATION=false to start without models; `npm run demo` shows the service with three models";
