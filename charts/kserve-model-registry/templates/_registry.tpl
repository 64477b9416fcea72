{{- /*
What `kserve` and `coordinationEngine.kserve` say together, as JSON: {enabled, namespace, models, legacy}. The models
are sorted by name, so that equal registries render to equal pods however they were written. `legacy` holds the
services of the old map whose type nobody knows; they need the old variables.
*/}}
{{- define "registry.kserve" -}}
{{- $document := (.Values.coordinationEngine).kserve | default dict -}}
{{- $enabled := .Values.kserve.enabled -}}
{{- if hasKey $document "enabled" }}{{ $enabled = $document.enabled }}{{ end -}}
{{- $places := dict -}}
{{- $entries := dict -}}
{{- range $part := list (dict "at" "kserve" "of" .Values.kserve) (dict "at" "coordinationEngine.kserve" "of" $document) -}}
  {{- range $i, $model := $part.of.models -}}
    {{- include "registry.addEntry" (list $places $entries (printf "%s.models[%d]" $part.at $i) $model) -}}
  {{- end -}}
{{- end -}}
{{- $types := dict "anomaly-detector" "anomaly" "predictive-analytics" "predictive" -}}
{{- $legacy := dict -}}
{{- range $part := list (dict "at" "kserve" "of" .Values.kserve) (dict "at" "coordinationEngine.kserve" "of" $document) -}}
  {{- range $key, $service := $part.of.services -}}
    {{- $name := $key | lower | replace "_" "-" -}}
    {{- $entry := dict "name" $name "service" $service -}}
    {{- with get $types $name }}{{ $_ := set $entry "type" . }}{{ else }}{{ $_ := set $legacy $key $name }}{{ end -}}
    {{- include "registry.addEntry" (list $places $entries (printf "%s.services.%s" $part.at $key) $entry) -}}
  {{- end -}}
{{- end -}}
{{- $models := list -}}
{{- range keys $entries | sortAlpha }}{{ $models = append $models (get $entries .) }}{{ end -}}
{{- if and $legacy (or (ne .Values.registry.mode "env") (ne (len $models) (int (add (len (default dict $document.services)) (len .Values.kserve.services))))) -}}
  {{- fail (printf "kserve.services.%s: its type is not known, which only the oldest form (a release with nothing but services, in registry.mode env) can do without; list it in kserve.models with its type" (keys $legacy | sortAlpha | first)) -}}
{{- end -}}
{{- dict
      "enabled" $enabled
      "namespace" (default (default .Release.Namespace .Values.kserve.namespace) $document.namespace)
      "models" $models
      "legacy" (gt (len $legacy) 0)
    | toJson -}}
{{- end }}

{{- define "registry.addEntry" -}}
{{- $places := index . 0 -}}
{{- $name := (index . 3).name -}}
{{- if hasKey $places $name -}}
  {{- fail (printf "%s: the name %q is used twice; %s has it already, and names are unique" (index . 2) $name (get $places $name)) -}}
{{- end -}}
{{- $_ := set $places $name (index . 2) -}}
{{- $_ := set (index . 1) $name (index . 3) -}}
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

{{- /* Whether callers are checked by the Kubernetes API, which takes a token for it and the right to ask. */}}
{{- define "registry.asksForAccess" -}}
{{- if eq (toString (get .Values.config "AUTH_MODE")) "kubernetes" }}true{{ end }}
{{- end }}

{{- define "registry.configMapName" -}}
{{ default "kserve-model-registry" .Values.registry.configMap.name }}
{{- end }}

{{- /* Whether the models of the values are mounted as a file. */}}
{{- define "registry.mounted" -}}
{{- if and (eq .Values.registry.mode "configmap") (eq .Values.registry.configMap.access "mount") }}true{{ end }}
{{- end }}

{{- /* The variables that say what the models are. */}}
{{- define "registry.modelEnv" -}}
{{- $kserve := include "registry.kserve" . | fromJson -}}
{{- $sources := include "registry.sources" . -}}
- name: ENABLE_KSERVE_INTEGRATION
  value: {{ $kserve.enabled | quote }}
- name: KSERVE_NAMESPACE
  value: {{ $kserve.namespace | quote }}
{{- if $kserve.enabled }}
{{- if eq .Values.registry.mode "env" }}
{{- if $kserve.legacy }}
{{- range $kserve.models }}
- name: KSERVE_{{ .name | upper | replace "-" "_" }}_SERVICE
  value: {{ .service | quote }}
{{- end }}
{{- else if or $kserve.models (not $sources) }}
- name: KSERVE_MODEL_REGISTRY
  value: {{ include "registry.literal" (toJson $kserve.models) }}
{{- end }}
{{- end }}
{{- if include "registry.mounted" . }}
- name: KSERVE_MODELS_FILE
  value: /etc/kserve-model-registry/models.yaml
{{- end }}
{{- if $sources }}
- name: KSERVE_KUBERNETES_SOURCES
  value: {{ $sources | quote }}
{{- if contains "config-map" $sources }}
- name: KSERVE_CONFIG_MAP
  value: {{ printf "%s/%s" .Release.Namespace (include "registry.configMapName" .) | quote }}
{{- end }}
{{- if contains "discovery" $sources }}
- name: KSERVE_DISCOVERY_SELECTOR
  value: {{ .Values.registry.discovery.selector | quote }}
{{- end }}
{{- with .Values.registry.watchNamespaces }}
- name: KSERVE_WATCH_NAMESPACES
  value: {{ . | uniq | sortAlpha | join "," | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
