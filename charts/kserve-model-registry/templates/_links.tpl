{{- /* The host and port of the release's own Service. */}}
{{- define "registry.ownHost" -}}
{{ include "registry.fullname" . }}.{{ include "registry.namespace" . }}.svc.cluster.local:{{ .Values.service.port }}
{{- end }}

{{- /* The registry of versions that InferenceServices are written into which name none; empty: one that is looked for. */}}
{{- define "registry.linksAddress" -}}
{{- if .Values.controller.links.registryUrl -}}
{{ .Values.controller.links.registryUrl }}
{{- else if include "registry.keepsVersions" . -}}
{{ include "registry.tlsEnabled" . | eq "true" | ternary "https" "http" }}://{{ include "registry.ownHost" . }}
{{- end }}
{{- end }}

{{- /* The namespaces whose Services may be registries. */}}
{{- define "registry.linksNamespaces" -}}
{{ default (list (include "registry.namespace" .)) .Values.controller.links.namespaces | uniq | join "," }}
{{- end }}

{{- /* The variables by which the controller writes InferenceServices into a registry of versions, as JSON. */}}
{{- define "registry.linksVariables" -}}
{{- $links := .Values.controller.links -}}
{{- $variables := dict -}}
{{- if $links.enabled -}}
  {{- $variables = dict
        "INFERENCE_SERVICE_CONTROLLER" "managed"
        "REGISTRIES_NAMESPACE" (include "registry.linksNamespaces" .)
        "VERSIONS_URL" (include "registry.linksAddress" .)
        "REGISTRY_URLS" (join "," $links.registryUrls)
        "VERSIONS_CA_FILE" ($links.caConfigMap | empty | ternary "" (printf "/etc/registry-ca/%s" $links.caKey))
        "VERSIONS_TOKEN_FILE" ($links.tokenAudience | empty | ternary "" "/var/run/secrets/kserve-model-registry/token") -}}
{{- end -}}
{{- $set := dict -}}
{{- range $name, $value := $variables }}{{ if $value }}{{ $_ := set $set $name $value }}{{ end }}{{ end -}}
{{- toJson $set -}}
{{- end }}

{{- define "registry.linksMounts" -}}
{{- with .Values.controller.links }}
{{- if and .enabled .tokenAudience }}
- name: registry-token
  mountPath: /var/run/secrets/kserve-model-registry
  readOnly: true
{{- end }}
{{- if and .enabled .caConfigMap }}
- name: registry-ca
  mountPath: /etc/registry-ca
  readOnly: true
{{- end }}
{{- end }}
{{- end }}

{{- define "registry.linksVolumes" -}}
{{- with .Values.controller.links }}
{{- if and .enabled .tokenAudience }}
# It is replaced before it ends, and read again.
- name: registry-token
  projected:
    sources:
      - serviceAccountToken:
          path: token
          audience: {{ .tokenAudience | quote }}
          expirationSeconds: 3600
{{- end }}
{{- if and .enabled .caConfigMap }}
- name: registry-ca
  configMap:
    name: {{ .caConfigMap | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Whether the controller writes into this release's registry, which asks the Kubernetes API who may. */}}
{{- define "registry.linksAskForAccess" -}}
{{- $links := .Values.controller.links -}}
{{- if and .Values.controller.enabled $links.enabled (not $links.registryUrl) (include "registry.keepsVersions" .) (include "registry.asksForAccess" .) }}true{{ end }}
{{- end }}

{{- define "registry.checkLinks" -}}
{{- $links := .Values.controller.links -}}
{{- if and $links.enabled (not .Values.controller.enabled) -}}
  {{- fail "controller.links.enabled: only the controller links; set controller.enabled" -}}
{{- end -}}
{{- if and $links.enabled (not (or $links.registryUrl $links.namespaces (include "registry.keepsVersions" .))) -}}
  {{- fail "controller.links.enabled: this release has no registry of versions to write to; set database.type, controller.links.registryUrl, or controller.links.namespaces" -}}
{{- end -}}
{{- $isOwn := and $links.enabled (not $links.registryUrl) (include "registry.keepsVersions" .) -}}
{{- if and $isOwn (include "registry.tlsEnabled" .) (not $links.caConfigMap) -}}
  {{- fail "controller.links.caConfigMap: missing; this release speaks TLS, and the controller needs the CA of its certificate" -}}
{{- end -}}
{{- if include "registry.linksAskForAccess" . -}}
  {{- $known := splitList "," (nospace (toString (default "" (get .Values.config "KUBERNETES_AUDIENCE")))) -}}
  {{- if not $links.tokenAudience -}}
    {{- fail "controller.links.tokenAudience: missing; this release requires a token" -}}
  {{- else if not (has $links.tokenAudience $known) -}}
    {{- fail (printf "controller.links.tokenAudience: %s: this release would not accept such a token; set config.KUBERNETES_AUDIENCE to the audiences of its callers, including that one: https://kubernetes.default.svc,%s" $links.tokenAudience $links.tokenAudience) -}}
  {{- end -}}
{{- end -}}
{{- end }}
