{{- /* The volumes that the server and the controller both mount: what they show to models, and what the values add. */}}
{{- define "registry.sharedMounts" -}}
{{- if include "registry.modelCaConfigMap" . }}
- name: model-ca
  mountPath: /etc/model-ca
  readOnly: true
{{- end }}
{{- if .Values.modelTls.clientSecret }}
- name: model-client
  mountPath: /etc/model-client
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "registry.sharedVolumes" -}}
{{- with include "registry.modelCaConfigMap" . }}
- name: model-ca
  configMap:
    name: {{ . | quote }}
{{- end }}
{{- with .Values.modelTls.clientSecret }}
- name: model-client
  secret:
    secretName: {{ . | quote }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* The server's own. */}}
{{- define "registry.serverMounts" -}}
{{- if include "registry.mounted" . }}
- name: models
  mountPath: /etc/kserve-model-registry
  readOnly: true
{{- end }}
{{- if include "registry.tlsEnabled" . }}
- name: tls
  mountPath: /etc/tls
  readOnly: true
{{- end }}
{{- if include "registry.hasClientCa" . }}
- name: tls-client-ca
  mountPath: /etc/tls-client-ca
  readOnly: true
{{- end }}
{{- include "registry.databaseMounts" . }}
{{- include "registry.catalogMounts" . }}
{{- include "registry.sharedMounts" . }}
{{- end }}

{{- define "registry.serverVolumes" -}}
{{- if include "registry.mounted" . }}
# The whole folder, without subPath: only so is a change of the ConfigMap seen.
- name: models
  configMap:
    name: {{ include "registry.configMapName" . | quote }}
    {{- if not .Values.registry.configMap.create }}
    # The pods start without it, say in their log what is missing, and read it once it is there.
    optional: true
    {{- end }}
{{- end }}
{{- if include "registry.tlsEnabled" . }}
- name: tls
  secret:
    secretName: {{ include "registry.tlsSecretName" . | quote }}
{{- end }}
{{- with .Values.tls.clientCA }}
{{- if .secretName }}
- name: tls-client-ca
  secret:
    secretName: {{ .secretName | quote }}
    items:
      - key: {{ .key | quote }}
        path: {{ .key | quote }}
{{- else if .configMap }}
- name: tls-client-ca
  configMap:
    name: {{ .configMap | quote }}
{{- end }}
{{- end }}
{{- include "registry.databaseVolumes" . }}
{{- include "registry.catalogVolumes" . }}
{{- include "registry.sharedVolumes" . }}
{{- end }}

{{- /* What the pods of server and controller have alike, but for containers and where they run. */}}
{{- define "registry.podBasics" -}}
# Variables of other Services would look like models of the oldest form.
enableServiceLinks: false
{{- include "registry.imagePullSecrets" . }}
{{- with .Values.runtimeClassName }}
runtimeClassName: {{ . | quote }}
{{- end }}
{{- with .Values.hostAliases }}
hostAliases:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.dnsPolicy }}
dnsPolicy: {{ . }}
{{- end }}
{{- with .Values.dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Where pods run. Takes a dict: root, component, and of (the section with nodeSelector and the like). */}}
{{- define "registry.placement" -}}
{{- $ := .root -}}
{{- $component := .component -}}
{{- with default $.Values.priorityClassName .of.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- $spread := list -}}
{{- range .of.topologySpreadConstraints -}}
  {{- $constraint := deepCopy . -}}
  {{- if not $constraint.labelSelector -}}
    {{- $_ := set $constraint "labelSelector" (dict "matchLabels" (include "registry.selectorLabels" (list $ $component) | fromYaml)) -}}
  {{- end -}}
  {{- $spread = append $spread $constraint -}}
{{- else -}}
  {{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" -}}
    {{- $selector := dict "matchLabels" (include "registry.selectorLabels" (list $ $component) | fromYaml) -}}
    {{- $spread = append $spread (dict "maxSkew" 1 "topologyKey" $key "whenUnsatisfiable" "ScheduleAnyway" "labelSelector" $selector) -}}
  {{- end -}}
{{- end }}
topologySpreadConstraints:
  {{- toYaml $spread | nindent 2 }}
{{- with default $.Values.nodeSelector .of.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with default $.Values.tolerations .of.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .of.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* The labels of pods: those that select them, and more. Takes (list . COMPONENT LABELS). */}}
{{- define "registry.podLabels" -}}
{{- $ := index . 0 -}}
{{- merge (include "registry.selectorLabels" (list $ (index . 1)) | fromYaml) (index . 2 | deepCopy) (deepCopy $.Values.commonLabels) | toYaml -}}
{{- end }}

{{- /* A probe of the server. Takes (list . PATH SETTINGS). */}}
{{- define "registry.probe" -}}
{{- $handler := dict "path" (index . 1) "port" "http-api" "scheme" (include "registry.tlsEnabled" (index . 0) | eq "true" | ternary "HTTPS" "HTTP") -}}
{{- merge (dict "httpGet" $handler) (deepCopy (index . 2)) | toYaml -}}
{{- end }}

{{- define "registry.variablesOf" -}}
{{- range $name, $value := . }}
{{ include "registry.variable" (list $name $value) }}
{{- end }}
{{- end }}
