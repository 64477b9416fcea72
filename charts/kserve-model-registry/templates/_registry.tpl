{{- /*
What `kserve` and `coordinationEngine.kserve` say together, as JSON: {enabled, namespace, models, predictorPort, timeout,
legacy}. The models are sorted by name and namespace, so that equal registries render to equal pods however they were written. `legacy` holds the
services of the old map whose type nobody knows; they need the old variables.
*/}}
{{- define "registry.kserve" -}}
{{- $document := (.Values.coordinationEngine).kserve | default dict -}}
{{- $enabled := .Values.kserve.enabled -}}
{{- if hasKey $document "enabled" }}{{ $enabled = $document.enabled }}{{ end -}}
{{- $namespace := default (default (include "registry.namespace" .) .Values.kserve.namespace) $document.namespace -}}
{{- $known := dict "namespace" $namespace "places" dict "entries" dict "names" dict -}}
{{- range $part := list (dict "at" "kserve" "of" .Values.kserve) (dict "at" "coordinationEngine.kserve" "of" $document) -}}
  {{- range $i, $model := $part.of.models -}}
    {{- include "registry.addEntry" (list $known (printf "%s.models[%d]" $part.at $i) $model) -}}
  {{- end -}}
{{- end -}}
{{- /* The platform's chart names its two models by values of their own. A list that has them as well says more. */ -}}
{{- range $of := list .Values.kserve $document -}}
  {{- range $key, $entry := dict "anomalyDetector" (dict "name" "anomaly-detector" "type" "anomaly") "predictiveAnalytics" (dict "name" "predictive-analytics" "type" "predictive") -}}
    {{- with get $of (printf "%sService" $key) -}}
      {{- $_ := set $entry "service" . -}}
      {{- with get $of (printf "%sModel" $key) }}{{ if ne . $entry.name }}{{ $_ := set $entry "model" . }}{{ end }}{{ end -}}
      {{- if not (hasKey $known.names $entry.name) }}{{ include "registry.addEntry" (list $known (printf "kserve.%sService" $key) $entry) }}{{ end -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- $types := dict "anomaly-detector" "anomaly" "predictive-analytics" "predictive" -}}
{{- $legacy := dict -}}
{{- range $part := list (dict "at" "kserve" "of" .Values.kserve) (dict "at" "coordinationEngine.kserve" "of" $document) -}}
  {{- range $key, $service := $part.of.services -}}
    {{- $name := $key | lower | replace "_" "-" -}}
    {{- $entry := dict "name" $name "service" $service -}}
    {{- with get $types $name }}{{ $_ := set $entry "type" . }}{{ else }}{{ $_ := set $legacy $key $name }}{{ end -}}
    {{- include "registry.addEntry" (list $known (printf "%s.services.%s" $part.at $key) $entry) -}}
  {{- end -}}
{{- end -}}
{{- $models := list -}}
{{- range keys $known.entries | sortAlpha }}{{ $models = append $models (get $known.entries .) }}{{ end -}}
{{- if and $legacy (or (ne .Values.registry.mode "env") (ne (len $models) (int (add (len (default dict $document.services)) (len (default dict .Values.kserve.services)))))) -}}
  {{- fail (printf "kserve.services.%s: its type is not known, which is possible only in the oldest format (only services, in registry.mode env); list it in kserve.models with its type" (keys $legacy | sortAlpha | first)) -}}
{{- end -}}
{{- dict
      "enabled" $enabled
      "namespace" $namespace
      "models" $models
      "predictorPort" (default .Values.kserve.predictorPort $document.predictorPort)
      "timeout" (default .Values.kserve.timeout $document.timeout)
      "legacy" (gt (len $legacy) 0)
    | toJson -}}
{{- end }}

{{- /* The namespace of a model: its own, else the one that its url names as that of a Service, else the default. Takes (list MODEL DEFAULT). */}}
{{- define "registry.namespaceOf" -}}
{{- $model := index . 0 -}}
{{- $host := "^https?://[^/:?#]+\\.([a-z0-9]([-a-z0-9]*[a-z0-9])?)\\.svc([.:/].*)?$" -}}
{{- if $model.namespace -}}
{{ $model.namespace }}
{{- else if regexMatch $host (default "" $model.url) -}}
{{ regexReplaceAll $host $model.url "${1}" }}
{{- else -}}
{{ index . 1 }}
{{- end -}}
{{- end }}

{{- /* Adds one model to those that are known, by name and namespace. Takes (list KNOWN PLACE MODEL). */}}
{{- define "registry.addEntry" -}}
{{- $known := index . 0 -}}
{{- $place := index . 1 -}}
{{- $model := index . 2 -}}
{{- $key := printf "%s %s" $model.name (include "registry.namespaceOf" (list $model $known.namespace)) -}}
{{- with get $known.places $key -}}
  {{- fail (printf "%s: the name %q is used twice; %s has it already, and names are unique within a namespace" $place $model.name .) -}}
{{- end -}}
{{- $_ := set $known.places $key $place -}}
{{- $_ := set $known.entries $key $model -}}
{{- $_ := set $known.names $model.name true -}}
{{- end }}

{{- /*
The namespaces of the ModelRegistrations, as JSON, by name and namespace of the model. They are the release's own, which is trusted;
but an object has the name of its model, so of those that share a name only one can be there: that of the release's namespace, else
that of the default namespace, else the first. The others are in the namespaces of their models.
*/}}
{{- define "registry.registrationHomes" -}}
{{- $kserve := include "registry.kserve" . | fromJson -}}
{{- $release := include "registry.namespace" . -}}
{{- $atHome := dict -}}
{{- range $model := $kserve.models -}}
  {{- $namespace := include "registry.namespaceOf" (list $model $kserve.namespace) -}}
  {{- $other := get $atHome $model.name -}}
  {{- if or (not $other) (eq $namespace $release) (and (eq $namespace $kserve.namespace) (ne $other $release)) -}}
    {{- $_ := set $atHome $model.name $namespace -}}
  {{- end -}}
{{- end -}}
{{- $homes := dict -}}
{{- range $model := $kserve.models -}}
  {{- $namespace := include "registry.namespaceOf" (list $model $kserve.namespace) -}}
  {{- $_ := set $homes (printf "%s %s" $model.name $namespace) (eq $namespace (get $atHome $model.name) | ternary $release $namespace) -}}
{{- end -}}
{{- toJson $homes -}}
{{- end }}

{{- /* The sources that are read through the Kubernetes API, sorted, with commas between them. */}}
{{- define "registry.sources" -}}
{{- $sources := .Values.registry.additionalSources -}}
{{- if and (eq .Values.registry.mode "configmap") (eq .Values.registry.configMap.access "watch") -}}
  {{- $sources = append $sources "config-map" -}}
{{- else if eq .Values.registry.mode "crd" -}}
  {{- $sources = append $sources "model-registration" -}}
{{- else if eq .Values.registry.mode "discovery" -}}
  {{- $sources = append $sources "discovery" -}}
{{- end -}}
{{- if (include "registry.kserve" . | fromJson).enabled }}{{ $sources | uniq | sortAlpha | join "," }}{{ end -}}
{{- end }}

{{- define "registry.configMapName" -}}
{{ default "kserve-model-registry" .Values.registry.configMap.name }}
{{- end }}

{{- /* Whether the models of the values are mounted as a file. */}}
{{- define "registry.mounted" -}}
{{- if and (eq .Values.registry.mode "configmap") (eq .Values.registry.configMap.access "mount") }}true{{ end }}
{{- end }}

{{- /* The variables that say where models are, which the server and the controller read alike. Takes (list . CONFIG). */}}
{{- define "registry.addressEnv" -}}
{{- $ := index . 0 -}}
{{- $config := index . 1 -}}
{{- $kserve := include "registry.kserve" $ | fromJson -}}
- name: POD_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
{{ include "registry.variable" (list "KSERVE_NAMESPACE" $kserve.namespace) }}
{{- if and $kserve.predictorPort (not (hasKey $config "KSERVE_PREDICTOR_PORT")) }}
{{ include "registry.variable" (list "KSERVE_PREDICTOR_PORT" $kserve.predictorPort) }}
{{- end }}
{{- if and $kserve.timeout (not (hasKey $config "KSERVE_TIMEOUT")) }}
{{ include "registry.variable" (list "KSERVE_TIMEOUT" $kserve.timeout) }}
{{- end }}
{{- with $.Values.registry.watchNamespaces }}
{{ include "registry.variable" (list "KSERVE_WATCH_NAMESPACES" (. | uniq | sortAlpha | join ",")) }}
{{- end }}
{{- with $.Values.registry.trustedNamespaces }}
{{ include "registry.variable" (list "KSERVE_TRUSTED_NAMESPACES" (. | uniq | sortAlpha | join ",")) }}
{{- end }}
{{- with $.Values.registry.clusterTrustedNamespaces }}
{{ include "registry.variable" (list "KSERVE_CLUSTER_TRUSTED_NAMESPACES" (. | uniq | sortAlpha | join ",")) }}
{{- end }}
{{- with $.Values.modelTls.credentialsDirs }}
{{ include "registry.variable" (list "KSERVE_CREDENTIALS_DIRS" (join "," .)) }}
{{- end }}
{{- if include "registry.modelCaConfigMap" $ }}
{{ include "registry.variable" (list "KSERVE_CA_FILE" (printf "/etc/model-ca/%s" (include "registry.modelCaKey" $))) }}
{{- end }}
{{- if $.Values.modelTls.clientSecret }}
{{ include "registry.variable" (list "KSERVE_CLIENT_CERT_FILE" "/etc/model-client/tls.crt") }}
{{ include "registry.variable" (list "KSERVE_CLIENT_KEY_FILE" "/etc/model-client/tls.key") }}
{{- end }}
{{- end }}

{{- /* The variables that say what the models are. */}}
{{- define "registry.modelEnv" -}}
{{- $kserve := include "registry.kserve" . | fromJson -}}
{{- $sources := include "registry.sources" . -}}
{{ include "registry.variable" (list "ENABLE_KSERVE_INTEGRATION" $kserve.enabled) }}
{{- if $kserve.enabled }}
{{- if eq .Values.registry.mode "env" }}
{{- if $kserve.legacy }}
{{- range $kserve.models }}
{{ include "registry.variable" (list (printf "KSERVE_%s_SERVICE" (.name | upper | replace "-" "_")) .service) }}
{{- end }}
{{- else if or $kserve.models (not $sources) }}
{{ include "registry.variable" (list "KSERVE_MODEL_REGISTRY" (toJson $kserve.models)) }}
{{- end }}
{{- end }}
{{- if include "registry.mounted" . }}
{{ include "registry.variable" (list "KSERVE_MODELS_FILE" "/etc/kserve-model-registry/models.yaml") }}
{{- end }}
{{- if $sources }}
{{ include "registry.variable" (list "KSERVE_KUBERNETES_SOURCES" $sources) }}
{{- if contains "config-map" $sources }}
{{ include "registry.variable" (list "KSERVE_CONFIG_MAP" (printf "%s/%s" (include "registry.namespace" .) (include "registry.configMapName" .))) }}
{{- end }}
{{- if contains "discovery" $sources }}
{{ include "registry.variable" (list "KSERVE_DISCOVERY_SELECTOR" .Values.registry.discovery.selector) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
