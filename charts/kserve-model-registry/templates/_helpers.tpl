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

{{- /* The labels that select pods: they never change in the life of a release. Takes (list . COMPONENT). */}}
{{- define "registry.selectorLabels" -}}
{{- $ := index . 0 -}}
app.kubernetes.io/name: {{ include "registry.name" $ }}
app.kubernetes.io/instance: {{ $.Release.Name }}
component: {{ index . 1 }}
{{- end }}

{{- define "registry.labels" -}}
{{- $ := index . 0 -}}
{{ include "registry.selectorLabels" . }}
app.kubernetes.io/component: {{ index . 1 }}
app.kubernetes.io/version: {{ $.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $.Chart.Name $.Chart.Version | replace "+" "_" }}
{{- end }}

{{- /* metadata of an object of the server. Takes (list . NAME). */}}
{{- define "registry.metadata" -}}
{{- $ := index . 0 -}}
name: {{ index . 1 }}
namespace: {{ $.Release.Namespace }}
labels:
  {{- include "registry.labels" (list $ "model-registry") | nindent 2 }}
{{- end }}

{{- define "registry.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{ default (include "registry.fullname" .) .Values.serviceAccount.name }}
{{- else -}}
{{ required "serviceAccount.name: missing; serviceAccount.create is false" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "registry.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end }}
{{- end }}

{{- /* The security context of every container here: what Pod Security calls restricted, with a read-only root. */}}
{{- define "registry.containerSecurityContext" -}}
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
readOnlyRootFilesystem: true
{{- end }}

{{- /* No user by number: the image has one that is not root, and OpenShift chooses its own. */}}
{{- define "registry.podSecurityContext" -}}
runAsNonRoot: true
seccompProfile:
  type: RuntimeDefault
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

{{- /* A text as the value of a variable: Kubernetes would replace $(NAME) in it. */}}
{{- define "registry.literal" -}}
{{ . | replace "$(" "$$(" | quote }}
{{- end }}

{{- /* A quarter of the memory that the server may use, in MiB; empty where the limit is none, or in another unit. */}}
{{- define "registry.quarterOfMemory" -}}
{{- $limit := toString (dig "limits" "memory" "" .Values.resources) -}}
{{- if regexMatch "^[0-9]+Mi$" $limit -}}
{{ max 1 (div (trimSuffix "Mi" $limit | int) 4) }}
{{- else if regexMatch "^[0-9]+Gi$" $limit -}}
{{ mul (trimSuffix "Gi" $limit | int) 256 }}
{{- end }}
{{- end }}
