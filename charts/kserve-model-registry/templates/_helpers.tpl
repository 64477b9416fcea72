{{- define "registry.name" -}}
{{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "registry.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else if contains (include "registry.name" .) .Release.Name -}}
{{ .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name (include "registry.name" .) | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "registry.namespace" -}}
{{ default .Release.Namespace .Values.namespaceOverride }}
{{- end }}

{{- /* The name of an object in the whole cluster carries the namespace, so that two releases do not meet. */}}
{{- define "registry.clusterName" -}}
{{ include "registry.namespace" . }}-{{ include "registry.fullname" . }}
{{- end }}

{{- /* The labels that select pods: they never change in the life of a release. Takes (list . COMPONENT). */}}
{{- define "registry.selectorLabels" -}}
{{- $ := index . 0 -}}
app.kubernetes.io/name: {{ include "registry.name" $ | quote }}
app.kubernetes.io/instance: {{ $.Release.Name | quote }}
component: {{ index . 1 }}
{{- end }}

{{- /* The labels of an object: the chart's own, which nothing overrides, then `labels`, then commonLabels. */}}
{{- define "registry.labels" -}}
{{- $ := .root -}}
{{- $own := include "registry.selectorLabels" (list $ .component) | fromYaml -}}
{{- $_ := set $own "app.kubernetes.io/component" .component -}}
{{- $_ := set $own "app.kubernetes.io/version" $.Chart.AppVersion -}}
{{- $_ := set $own "app.kubernetes.io/managed-by" $.Release.Service -}}
{{- $_ := set $own "helm.sh/chart" (printf "%s-%s" $.Chart.Name $.Chart.Version | replace "+" "_") -}}
{{- merge $own (default dict .labels | deepCopy) (deepCopy $.Values.commonLabels) | toYaml -}}
{{- end }}

{{- /*
metadata of an object. Takes a dict: root, name, component (default model-registry), namespace (default the release's;
"" for an object of the whole cluster), labels, annotations.
*/}}
{{- define "registry.metadata" -}}
{{- $ := .root -}}
{{- $component := default "model-registry" .component -}}
{{- $namespace := hasKey . "namespace" | ternary .namespace (include "registry.namespace" $) -}}
name: {{ .name | quote }}
{{- with $namespace }}
namespace: {{ . | quote }}
{{- end }}
labels:
  {{- include "registry.labels" (dict "root" $ "component" $component "labels" .labels) | nindent 2 }}
{{- with merge (default dict .annotations | deepCopy) (deepCopy $.Values.commonAnnotations) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "registry.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{ default (include "registry.fullname" .) .Values.serviceAccount.name }}
{{- else -}}
{{ required "serviceAccount.name: missing; serviceAccount.create is false" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "registry.image" -}}
{{ include "registry.imageOf" (list . .Values.image) }}
{{- end }}

{{- /* The reference of an image. Takes (list $ IMAGE). */}}
{{- define "registry.imageOf" -}}
{{- $ := index . 0 -}}
{{- $image := index . 1 -}}
{{- $repository := $image.repository -}}
{{- with default $.Values.global.imageRegistry $image.registry }}{{ $repository = printf "%s/%s" (trimSuffix "/" .) $repository }}{{ end -}}
{{- if $image.digest -}}
{{ $repository }}@{{ $image.digest }}
{{- else -}}
{{ $repository }}:{{ default $.Chart.AppVersion $image.tag }}
{{- end }}
{{- end }}

{{- /* A secret is named by itself or as {name: SECRET}; those of global come first. */}}
{{- define "registry.imagePullSecrets" -}}
{{- $names := list -}}
{{- range concat (default list .Values.global.imagePullSecrets) .Values.imagePullSecrets -}}
  {{- if kindIs "map" . }}{{ $names = append $names .name }}{{ else }}{{ $names = append $names . }}{{ end -}}
{{- end -}}
{{- with $names | uniq }}
imagePullSecrets:
{{- range . }}
  - name: {{ . | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- define "registry.tlsEnabled" -}}
{{- if or .Values.tls.enabled .Values.openshift.serviceCA.enabled }}true{{ end }}
{{- end }}

{{- define "registry.tlsSecretName" -}}
{{- if .Values.tls.secretName -}}
{{ .Values.tls.secretName }}
{{- else if .Values.openshift.serviceCA.enabled -}}
{{ include "registry.fullname" . }}-tls
{{- else -}}
{{ fail "tls.secretName: missing; tls.enabled needs a secret with tls.crt and tls.key" }}
{{- end }}
{{- end }}

{{- define "registry.modelCaConfigMap" -}}
{{- if .Values.modelTls.caConfigMap -}}
{{ .Values.modelTls.caConfigMap }}
{{- else if .Values.openshift.serviceCA.injectBundle -}}
{{ include "registry.fullname" . }}-service-ca
{{- end }}
{{- end }}

{{- define "registry.modelCaKey" -}}
{{- if .Values.modelTls.caConfigMap }}{{ .Values.modelTls.caKey }}{{ else }}service-ca.crt{{ end }}
{{- end }}

{{- /* What the values say as text: Helm reads numbers as floats, and 1000000 would be 1e+06. */}}
{{- define "registry.scalar" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) (lt . 1e15) (gt . -1e15) }}{{ int64 . }}{{ else }}{{ . }}{{ end }}
{{- end }}

{{- /* A text as the value of a variable: Kubernetes replaces $(NAME) in it, and $$ by $. */}}
{{- define "registry.literal" -}}
{{ include "registry.scalar" . | replace "$" "$$" | quote }}
{{- end }}

{{- /* One variable of a container. Takes (list NAME VALUE). */}}
{{- define "registry.variable" -}}
- name: {{ index . 0 }}
  value: {{ include "registry.literal" (index . 1) }}
{{- end }}
