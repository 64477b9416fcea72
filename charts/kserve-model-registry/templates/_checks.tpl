{{- /* What the schema of the values cannot say. Each message names the value, what is wrong and what to do. */}}
{{- define "registry.check" -}}
{{- include "registry.checkSections" . -}}
{{- $kserve := include "registry.kserve" . | fromJson -}}
{{- $mode := .Values.registry.mode -}}
{{- range $model := $kserve.models -}}
  {{- if and $model.url $model.port -}}
    {{- fail (printf "kserve.models (%s): port: not together with url; write the port into the url" $model.name) -}}
  {{- end -}}
  {{- range $field := list "caFile" "clientCertFile" "clientKeyFile" "tokenFile" -}}
    {{- if and (eq $mode "crd") (get $model $field) -}}
      {{- fail (printf "kserve.models (%s): %s: a ModelRegistration cannot name files of the server; use registry.mode env or configmap, or modelTls for all models" $model.name $field) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- if and (eq $mode "discovery") $kserve.models -}}
  {{- fail "kserve.models: not served with registry.mode discovery; set registry.mode to env, configmap or crd, with discovery in registry.additionalSources" -}}
{{- end -}}
{{- if and (eq $mode "configmap") $kserve.models (not .Values.registry.configMap.create) -}}
  {{- fail "kserve.models: not written anywhere, for registry.configMap.create is false; put them into that ConfigMap, or let the chart create it" -}}
{{- end -}}
{{- with .Values.registry.watchNamespaces -}}
  {{- if and (eq $mode "crd") $kserve.models (not (has $.Release.Namespace .)) -}}
    {{- fail (printf "registry.watchNamespaces: %s is missing, the namespace of the release; the ModelRegistrations of kserve.models are there" $.Release.Namespace) -}}
  {{- end -}}
{{- end -}}
{{- range $kind := list "httpRoute" "grpcRoute" -}}
  {{- $route := get $.Values.gateway $kind -}}
  {{- if and $route.enabled (not $route.parentRefs) -}}
    {{- fail (printf "gateway.%s.parentRefs: missing; name the Gateways that the route belongs to" $kind) -}}
  {{- end -}}
{{- end -}}
{{- range $name, $_ := .Values.config -}}
  {{- include "registry.checkVariable" (list "config" $name) -}}
{{- end -}}
{{- range .Values.extraEnv -}}
  {{- include "registry.checkVariable" (list "extraEnv" .name) -}}
  {{- if hasKey $.Values.config .name -}}
    {{- fail (printf "extraEnv: %s: is in config as well; a variable has one value" .name) -}}
  {{- end -}}
{{- end -}}
{{- if and .Values.test.model (not .Values.test.instances) -}}
  {{- fail "test.instances: missing; test.model needs instances to predict, such as [[0.5, 1.2, 0.8]]" -}}
{{- end -}}
{{- end }}

{{- /* Variables that follow from other values may not be set beside them. */}}
{{- define "registry.checkVariable" -}}
{{- $instead := dict
      "PORT" "service.port"
      "HOST" "service"
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
      "KSERVE_CA_FILE" "modelTls.caConfigMap"
      "KSERVE_CLIENT_CERT_FILE" "modelTls.clientSecret"
      "KSERVE_CLIENT_KEY_FILE" "modelTls.clientSecret" -}}
{{- with get $instead (index . 1) -}}
  {{- fail (printf "%s: %s: is set by the chart; use %s" (index $ 0) (index $ 1) .) -}}
{{- end -}}
{{- end }}
