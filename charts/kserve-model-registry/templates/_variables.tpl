{{- /* Whether a variable is one of the program's own: those of docs/CONFIGURATION.md, and those of the oldest form. */}}
{{- define "registry.isOwnVariable" -}}
{{- $known := index . 0 -}}
{{- $name := index . 1 -}}
{{- if or (has $name $known) (regexMatch "^KSERVE_[A-Z0-9_]+_(SERVICE|MODEL)$" $name) }}true{{ end -}}
{{- end }}

{{- define "registry.checkVariables" -}}
{{- $known := .Files.Get "files/variables.txt" | splitList "\n" | compact -}}
{{- $places := list
      (dict "at" "config" "names" (keys .Values.config | sortAlpha))
      (dict "at" "controller.config" "names" (keys .Values.controller.config | sortAlpha)) -}}
{{- range $place := $places -}}
  {{- range $name := $place.names -}}
    {{- include "registry.checkName" (list $known $place.at $name) -}}
    {{- include "registry.checkNotDerived" (list $ $place.at $name) -}}
  {{- end -}}
{{- end -}}
{{- range $place := list (dict "at" "extraEnv" "of" .Values.extraEnv "beside" .Values.config) (dict "at" "controller.extraEnv" "of" .Values.controller.extraEnv "beside" .Values.controller.config) -}}
  {{- range $place.of -}}
    {{- include "registry.checkName" (list $known $place.at .name) -}}
    {{- include "registry.checkNotDerived" (list $ $place.at .name) -}}
    {{- if has .name (include "registry.readByTheChart" $ | splitList " ") -}}
      {{- fail (printf "%s: %s: the chart derives permissions, probes or volumes from it; set it in config, or use %s" $place.at .name (include "registry.valueInstead" .name)) -}}
    {{- end -}}
    {{- if hasKey $place.beside .name -}}
      {{- fail (printf "%s: %s: is also in config; a variable has one value" $place.at .name) -}}
    {{- end -}}
    {{- include "registry.checkLength" (list $place.at .name (default "" .value)) -}}
  {{- end -}}
{{- end -}}
{{- range $name, $value := .Values.config }}{{ include "registry.checkLength" (list "config" $name $value) }}{{ end -}}
{{- end }}

{{- /* A name that is nearly one of the program's would be read by nobody. Takes (list KNOWN PLACE NAME). */}}
{{- define "registry.checkName" -}}
{{- $known := index . 0 -}}
{{- $name := index . 2 -}}
{{- if not (include "registry.isOwnVariable" (list $known $name)) -}}
  {{- $meant := include "registry.nearest" (list $name $known 2) -}}
  {{- if and (not $meant) (regexMatch "^(AUTH|OIDC|TLS|KSERVE)_" $name) }}{{ $meant = include "registry.nearest" (list $name $known) }}{{ end -}}
  {{- if $meant -}}
    {{- fail (printf "%s: %s: unknown variable; did you mean %s?" (index . 1) $name $meant) -}}
  {{- else if regexMatch "^(AUTH|OIDC|TLS|KSERVE)_" $name -}}
    {{- fail (printf "%s: %s: unknown variable; docs/CONFIGURATION.md lists all" (index . 1) $name) -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{- /* Linux takes 128 KiB for one variable, its name included; above, the container cannot be started. Takes (list PLACE NAME VALUE). */}}
{{- define "registry.checkLength" -}}
{{- $bytes := printf "%s=%s" (index . 1) (include "registry.scalar" (index . 2)) | len -}}
{{- if ge $bytes 131072 -}}
  {{- fail (printf "%s: %s: takes %d bytes, but Linux starts no process with a variable of 131072 or more" (index . 0) (index . 1) $bytes) -}}
{{- end -}}
{{- end }}

{{- /* Variables that the chart itself looks at, so that they may not stand where it does not look. */}}
{{- define "registry.readByTheChart" -}}
AUTH_MODE AUTH_OPEN TLS_CLIENT_CA_FILE KSERVE_CLUSTERS MAX_BYTES_IN_MEMORY CORS_ALLOWED_ORIGINS
{{- end }}

{{- define "registry.valueInstead" -}}
{{- $instead := dict
      "PORT" "service.port"
      "HOST" "service"
      "POD_NAMESPACE" "namespaceOverride"
      "SHUTDOWN_DELAY" "shutdown.delaySeconds"
      "SHUTDOWN_GRACE" "shutdown.graceSeconds"
      "TLS_CERT_FILE" "tls"
      "TLS_KEY_FILE" "tls"
      "ENABLE_KSERVE_INTEGRATION" "kserve.enabled"
      "KSERVE_NAMESPACE" "kserve.namespace"
      "KSERVE_MODEL_REGISTRY" "kserve.models"
      "KSERVE_MODELS_FILE" "registry.configMap.access: mount"
      "KSERVE_KUBERNETES_SOURCES" "registry.mode and registry.additionalSources"
      "KSERVE_CONFIG_MAP" "registry.configMap.name"
      "KSERVE_DISCOVERY_SELECTOR" "registry.discovery.selector"
      "KSERVE_WATCH_NAMESPACES" "registry.watchNamespaces"
      "KSERVE_TRUSTED_NAMESPACES" "registry.trustedNamespaces"
      "KSERVE_CLUSTER_TRUSTED_NAMESPACES" "registry.clusterTrustedNamespaces"
      "KSERVE_CREDENTIALS_DIRS" "modelTls.credentialsDirs"
      "KSERVE_CA_FILE" "modelTls.caConfigMap"
      "KSERVE_CLIENT_CERT_FILE" "modelTls.clientSecret"
      "KSERVE_CLIENT_KEY_FILE" "modelTls.clientSecret"
      "CONTROLLER_LEASE" "controller.enabled"
      "AUTH_MODE" "auth.mode"
      "AUTH_OPEN" "auth.open"
      "AUTH_CACHE_TTL" "auth.cacheTtl"
      "AUTH_MODELS_CLAIM" "auth.modelsClaim"
      "OIDC_ISSUER" "auth.oidc.issuer"
      "OIDC_AUDIENCE" "auth.oidc.audience"
      "OIDC_JWKS_URL" "auth.oidc.jwksUrl"
      "OIDC_CLOCK_TOLERANCE" "auth.oidc.clockTolerance"
      "TLS_CLIENT_CA_FILE" "tls.clientCA"
      "TLS_CLIENT_NAMES" "tls.clientNames"
      "DATABASE_URL" "database.type and database.url"
      "DATABASE_PASSWORD_FILE" "database.existingSecret"
      "DATABASE_TLS" "database.tlsMode"
      "DATABASE_CA_FILE" "database.caConfigMap"
      "CATALOG_SOURCES" "catalog.sources and catalog.existingConfigMaps"
      "CATALOG_PERFORMANCE_DIRS" "catalog.performanceDirs"
      "CATALOG_HF_URL" "catalog.huggingFace.url"
      "CATALOG_HF_TOKEN_FILE" "catalog.huggingFace.existingSecret"
      "KSERVE_CLUSTERS" "config.KSERVE_CLUSTERS"
      "MAX_BYTES_IN_MEMORY" "resources.limits.memory"
      "CORS_ALLOWED_ORIGINS" "config.CORS_ALLOWED_ORIGINS" -}}
{{- get $instead . -}}
{{- end }}

{{- /* Variables that follow from other values may not be set beside them. Takes (list . PLACE NAME). */}}
{{- define "registry.checkNotDerived" -}}
{{- $ := index . 0 -}}
{{- $name := index . 2 -}}
{{- $always := list "PORT" "HOST" "POD_NAMESPACE" "SHUTDOWN_DELAY" "SHUTDOWN_GRACE" "TLS_CERT_FILE" "TLS_KEY_FILE"
      "ENABLE_KSERVE_INTEGRATION" "KSERVE_NAMESPACE" "KSERVE_MODEL_REGISTRY" "KSERVE_MODELS_FILE"
      "KSERVE_KUBERNETES_SOURCES" "KSERVE_CONFIG_MAP" "KSERVE_DISCOVERY_SELECTOR" "KSERVE_WATCH_NAMESPACES"
      "KSERVE_TRUSTED_NAMESPACES" "KSERVE_CLUSTER_TRUSTED_NAMESPACES" "KSERVE_CREDENTIALS_DIRS"
      "KSERVE_CA_FILE" "KSERVE_CLIENT_CERT_FILE" "KSERVE_CLIENT_KEY_FILE" "CONTROLLER_LEASE" -}}
{{- if has $name $always -}}
  {{- fail (printf "%s: %s: is set by the chart; use %s" (index . 1) $name (include "registry.valueInstead" $name)) -}}
{{- else if and $.Values.database.type (has $name (list "DATABASE_URL" "DATABASE_PASSWORD_FILE" "DATABASE_TLS" "DATABASE_CA_FILE")) -}}
  {{- fail (printf "%s: %s: is set by %s; a variable has one value" (index . 1) $name (include "registry.valueInstead" $name)) -}}
{{- else if or (and $.Values.versions.namespace (eq $name "VERSIONS_NAMESPACE")) (and $.Values.versions.alphaSunsetDate (eq $name "MR_ALPHA_SUNSET_DATE")) -}}
  {{- fail (printf "%s: %s: is set by versions; a variable has one value" (index . 1) $name) -}}
{{- else if and (include "registry.hasCatalog" $) (has $name (list "CATALOG_SOURCES" "CATALOG_PERFORMANCE_DIRS" "CATALOG_HF_URL" "CATALOG_HF_TOKEN_FILE")) -}}
  {{- fail (printf "%s: %s: is set by %s; a variable has one value" (index . 1) $name (include "registry.valueInstead" $name)) -}}
{{- else if and (hasPrefix "controller" (index . 1)) (hasKey (include "registry.linksVariables" $ | fromJson) $name) -}}
  {{- fail (printf "%s: %s: is set by controller.links; a variable has one value" (index . 1) $name) -}}
{{- else if hasKey (include "registry.accessVariables" $ | fromJson) $name -}}
  {{- fail (printf "%s: %s: is set by %s; a variable has one value" (index . 1) $name (include "registry.valueInstead" $name)) -}}
{{- end -}}
{{- end }}

{{- /* The variables that `auth` and `tls` make, as JSON. */}}
{{- define "registry.accessVariables" -}}
{{- $auth := .Values.auth -}}
{{- $variables := dict
      "AUTH_MODE" $auth.mode
      "AUTH_OPEN" ($auth.open | join ",")
      "AUTH_CACHE_TTL" $auth.cacheTtl
      "AUTH_MODELS_CLAIM" $auth.modelsClaim
      "OIDC_ISSUER" $auth.oidc.issuer
      "OIDC_AUDIENCE" ($auth.oidc.audience | join ",")
      "OIDC_JWKS_URL" $auth.oidc.jwksUrl
      "OIDC_CLOCK_TOLERANCE" $auth.oidc.clockTolerance
      "TLS_CLIENT_NAMES" (.Values.tls.clientNames | join ",") -}}
{{- if include "registry.hasClientCa" . }}{{ $_ := set $variables "TLS_CLIENT_CA_FILE" (printf "/etc/tls-client-ca/%s" .Values.tls.clientCA.key) }}{{ end -}}
{{- $set := dict -}}
{{- range $name, $value := $variables }}{{ if $value }}{{ $_ := set $set $name $value }}{{ end }}{{ end -}}
{{- toJson $set -}}
{{- end }}

{{- define "registry.hasClientCa" -}}
{{- if or .Values.tls.clientCA.secretName .Values.tls.clientCA.configMap }}true{{ end }}
{{- end }}

{{- /* off, oidc or kubernetes, in whichever of the two places it is said. */}}
{{- define "registry.authMode" -}}
{{- $mode := default (toString (default "off" (get .Values.config "AUTH_MODE"))) .Values.auth.mode -}}
{{ eq $mode "false" | ternary "off" $mode }}
{{- end }}

{{- /* Whether anybody who reaches the port may call. */}}
{{- define "registry.isOpen" -}}
{{- if and (eq (include "registry.authMode" .) "off") (not (include "registry.hasClientCa" .)) (not (get .Values.config "TLS_CLIENT_CA_FILE")) }}true{{ end }}
{{- end }}

{{- /* Whether callers are checked by the Kubernetes API, which takes a token for it and the right to ask. */}}
{{- define "registry.asksForAccess" -}}
{{- if eq (include "registry.authMode" .) "kubernetes" }}true{{ end }}
{{- end }}

{{- /* The variables of `config` that the controller reads too: where models and clusters are, and what it writes about itself. */}}
{{- define "registry.configOfController" -}}
{{- $config := dict -}}
{{- range $name, $value := .Values.config -}}
  {{- if or (hasPrefix "KSERVE_" $name) (has $name (list "KUBECONFIG" "LOG_LEVEL" "OTEL_EXPORTER_OTLP_ENDPOINT")) }}{{ $_ := set $config $name $value }}{{ end -}}
{{- end -}}
{{- mergeOverwrite $config (deepCopy .Values.controller.config) | toJson -}}
{{- end }}

{{- /* Whether the server asks the Kubernetes API: for models, or who may call. */}}
{{- define "registry.asksKubernetes" -}}
{{- if or (include "registry.sources" .) (include "registry.asksForAccess" .) }}true{{ end }}
{{- end }}

{{- /* The variables of the server itself. */}}
{{- define "registry.serverEnv" -}}
{{ include "registry.variable" (list "PORT" "8080") }}
{{ include "registry.variable" (list "SHUTDOWN_DELAY" (printf "%ds" (int .Values.shutdown.delaySeconds))) }}
{{ include "registry.variable" (list "SHUTDOWN_GRACE" (printf "%ds" (int .Values.shutdown.graceSeconds))) }}
{{- if include "registry.tlsEnabled" . }}
{{ include "registry.variable" (list "TLS_CERT_FILE" "/etc/tls/tls.crt") }}
{{ include "registry.variable" (list "TLS_KEY_FILE" "/etc/tls/tls.key") }}
{{- end }}
{{- $memory := include "registry.quarterOfMemory" . }}
{{- if and $memory (not (hasKey .Values.config "MAX_BYTES_IN_MEMORY")) }}
{{ include "registry.variable" (list "MAX_BYTES_IN_MEMORY" (printf "%sMiB" $memory)) }}
{{- end }}
{{- if and (include "registry.isOpen" .) (not (hasKey .Values.config "CORS_ALLOWED_ORIGINS")) }}
# While anybody may call, no page of another site may in the name of its reader.
{{ include "registry.variable" (list "CORS_ALLOWED_ORIGINS" "") }}
{{- end }}
{{- include "registry.variablesOf" (include "registry.accessVariables" . | fromJson) }}
{{- end }}
