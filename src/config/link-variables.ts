import { isBaseUrl } from "../base/field-reader.ts";
import { checked, duration, text } from "./config-variable.ts";

/** Where versions are looked up that served models are linked to. */
export const linkVariables = {
  versionsUrl: checked(
    "VERSIONS_URL",
    "an address such as http://model-registry-service.kubeflow.svc.cluster.local:8080",
    isBaseUrl,
    {
      meaning:
        "The registry of versions that models are linked to, if it is not in this process: another server of this program, or Kubeflow's model registry. Not together with `DATABASE_URL`.",
    },
  ),
  versionsTokenFile: text("VERSIONS_TOKEN_FILE", "a path to a file", {
    meaning: "The file with the bearer token for `VERSIONS_URL`. It is reloaded when it is replaced.",
  }),
  versionsCaFile: text("VERSIONS_CA_FILE", "a path to a PEM file", {
    meaning: "The CA certificates for `VERSIONS_URL`, instead of the default ones.",
  }),
  versionsRefreshMs: duration("VERSIONS_REFRESH", ["1s", "1h"], {
    default: "30s",
    meaning:
      "How often linked versions are refreshed: aliases, declared features, and whether they are archived. Changes made through this process apply at once.",
  }),
} as const;
