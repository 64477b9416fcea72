{{- /* The variables of the registry of versions. */}}
{{- define "registry.databaseEnv" -}}
{{- with .Values.database }}
{{- if eq .type "embedded" }}
{{ include "registry.variable" (list "DATABASE_URL" "sqlite:/var/lib/kserve-model-registry/versions.db") }}
{{- else if eq .type "external" }}
{{ include "registry.variable" (list "DATABASE_URL" .url) }}
{{- if .existingSecret }}
{{ include "registry.variable" (list "DATABASE_PASSWORD_FILE" "/etc/database/password") }}
{{- end }}
{{- if .tlsMode }}
{{ include "registry.variable" (list "DATABASE_TLS" .tlsMode) }}
{{- end }}
{{- if .caConfigMap }}
{{ include "registry.variable" (list "DATABASE_CA_FILE" (printf "/etc/database-ca/%s" .caKey)) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "registry.versionsEnv" -}}
{{- with .Values.versions }}
{{- if .namespace }}
{{ include "registry.variable" (list "VERSIONS_NAMESPACE" .namespace) }}
{{- end }}
{{- if .alphaSunsetDate }}
{{ include "registry.variable" (list "MR_ALPHA_SUNSET_DATE" .alphaSunsetDate) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "registry.databaseMounts" -}}
{{- with .Values.database }}
{{- if eq .type "embedded" }}
- name: versions
  mountPath: /var/lib/kserve-model-registry
{{- else if eq .type "external" }}
{{- if .existingSecret }}
- name: database
  mountPath: /etc/database
  readOnly: true
{{- end }}
{{- if .caConfigMap }}
- name: database-ca
  mountPath: /etc/database-ca
  readOnly: true
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "registry.databaseVolumes" -}}
{{- with .Values.database }}
{{- if eq .type "embedded" }}
- name: versions
  persistentVolumeClaim:
    claimName: {{ default (printf "%s-versions" (include "registry.fullname" $)) .embedded.existingClaim | quote }}
{{- else if eq .type "external" }}
{{- if .existingSecret }}
- name: database
  secret:
    secretName: {{ .existingSecret | quote }}
    items:
      - key: {{ .passwordKey | quote }}
        path: password
{{- end }}
{{- if .caConfigMap }}
- name: database-ca
  configMap:
    name: {{ .caConfigMap | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "registry.isEmbedded" -}}
{{- if eq .Values.database.type "embedded" }}true{{ end }}
{{- end }}

{{- define "registry.keepsVersions" -}}
{{- if or .Values.database.type (hasKey .Values.config "DATABASE_URL") (hasKey .Values.config "MR_DATABASE_HOST") }}true{{ end }}
{{- end }}

{{- /* How many pods, without autoscaling. */}}
{{- define "registry.replicas" -}}
{{- if not (kindIs "invalid" .Values.replicaCount) }}{{ .Values.replicaCount }}
{{- else if include "registry.isEmbedded" . }}1
{{- else }}2
{{- end }}
{{- end }}

{{- /*
The security context of pods that write to a volume: of the image's own group, which Kubernetes gives the volume to.
OpenShift chooses a group by itself, and refuses another.
*/}}
{{- define "registry.podSecurityContext" -}}
{{- $context := deepCopy .Values.podSecurityContext -}}
{{- if and (include "registry.isEmbedded" .) (not (hasKey $context "fsGroup")) (not (.Capabilities.APIVersions.Has "security.openshift.io/v1")) -}}
  {{- $_ := set $context "fsGroup" 65532 -}}
  {{- $_ := set $context "fsGroupChangePolicy" "OnRootMismatch" -}}
{{- end -}}
{{- toYaml $context -}}
{{- end }}

{{- define "registry.checkDatabase" -}}
{{- with .Values.database -}}
  {{- if and (eq .type "external") (not .url) -}}
    {{- fail "database.url: missing; database.type external needs an address, such as postgres://registry@postgres.databases.svc:5432/registry" -}}
  {{- end -}}
  {{- if regexMatch "^[a-z]+://[^@/]*:[^@/]*@" .url -}}
    {{- fail "database.url: contains a password, which anyone who may read Deployments could read; put it into a Secret, and name that in database.existingSecret" -}}
  {{- end -}}
  {{- range $field := list "url" "existingSecret" "tlsMode" "caConfigMap" -}}
    {{- if and (get $.Values.database $field) (ne $.Values.database.type "external") -}}
      {{- fail (printf "database.%s: applies only to an external database; set database.type to external" $field) -}}
    {{- end -}}
  {{- end -}}
  {{- if and (eq .type "embedded") $.Values.autoscaling.enabled -}}
    {{- fail "autoscaling.enabled: the embedded database supports only one replica; set database.type to external" -}}
  {{- end -}}
  {{- range $field := list "namespace" "alphaSunsetDate" "kubeflowService" -}}
    {{- if and (get $.Values.versions $field) (not (include "registry.keepsVersions" $)) -}}
      {{- fail (printf "versions.%s: there is no registry of versions; set database.type" $field) -}}
    {{- end -}}
  {{- end -}}
  {{- if and $.Values.storageInitializer.enabled (not $.Values.storageInitializer.registryUrl) (not (include "registry.keepsVersions" $)) -}}
    {{- fail "storageInitializer.enabled: this release has no registry of versions to call; set database.type, or storageInitializer.registryUrl" -}}
  {{- end -}}
  {{- $isFile := hasPrefix "sqlite:" (toString (get $.Values.config "DATABASE_URL")) -}}
  {{- $isMany := or $.Values.autoscaling.enabled (gt (include "registry.replicas" $ | int) 1) -}}
  {{- if and (eq .type "embedded") $isMany -}}
    {{- fail (printf "replicaCount: %v pods cannot share the file of the embedded database; leave it out, or set database.type to external" $.Values.replicaCount) -}}
  {{- end -}}
  {{- if and $isFile $isMany -}}
    {{- fail "config.DATABASE_URL: several pods cannot share a SQLite database; set replicaCount to 1, or use a database server" -}}
  {{- end -}}
{{- end -}}
{{- end }}
