{{- /* The catalog: whether there is one, and where its files come from. Each ConfigMap is a folder below /etc/catalog. */}}
{{- define "registry.hasCatalog" -}}
{{- if or .Values.catalog.sources .Values.catalog.existingConfigMaps }}true{{ end }}
{{- end }}

{{- define "registry.catalogConfigMap" -}}
{{ include "registry.fullname" . }}-catalog
{{- end }}

{{- /* The folders, as JSON: each with its name, its ConfigMap, and the name of its list of sources. The last one wins. */}}
{{- define "registry.catalogFolders" -}}
{{- $folders := list -}}
{{- if .Values.catalog.sources -}}
  {{- $folders = append $folders (dict "folder" "release" "configMap" (include "registry.catalogConfigMap" .) "key" "sources.yaml") -}}
{{- end -}}
{{- range .Values.catalog.existingConfigMaps -}}
  {{- $folders = append $folders (dict "folder" .name "configMap" .name "key" (default "sources.yaml" .key)) -}}
{{- end -}}
{{- toJson $folders -}}
{{- end }}

{{- define "registry.catalogEnv" -}}
{{- if include "registry.hasCatalog" . }}
{{- $files := list -}}
{{- range include "registry.catalogFolders" . | fromJsonArray -}}
  {{- $files = append $files (printf "/etc/catalog/%s/%s" .folder .key) -}}
{{- end }}
{{ include "registry.variable" (list "CATALOG_SOURCES" ($files | join ",")) }}
{{- with .Values.catalog.performanceDirs }}
{{ include "registry.variable" (list "CATALOG_PERFORMANCE_DIRS" (. | join ",")) }}
{{- end }}
{{- with .Values.catalog.huggingFace.url }}
{{ include "registry.variable" (list "CATALOG_HF_URL" .) }}
{{- end }}
{{- if .Values.catalog.huggingFace.existingSecret }}
{{ include "registry.variable" (list "CATALOG_HF_TOKEN_FILE" "/etc/catalog-token/token") }}
{{- end }}
{{- end }}
{{- end }}

{{- define "registry.catalogMounts" -}}
{{- if include "registry.hasCatalog" . }}
{{- range include "registry.catalogFolders" . | fromJsonArray }}
- name: catalog-{{ .folder }}
  mountPath: /etc/catalog/{{ .folder }}
  readOnly: true
{{- end }}
{{- if .Values.catalog.huggingFace.existingSecret }}
- name: catalog-token
  mountPath: /etc/catalog-token
  readOnly: true
{{- end }}
{{- end }}
{{- end }}

{{- define "registry.catalogVolumes" -}}
{{- if include "registry.hasCatalog" . }}
{{- range include "registry.catalogFolders" . | fromJsonArray }}
- name: catalog-{{ .folder }}
  configMap:
    name: {{ .configMap | quote }}
{{- end }}
{{- with .Values.catalog.huggingFace }}
{{- if .existingSecret }}
- name: catalog-token
  secret:
    secretName: {{ .existingSecret | quote }}
    items:
      - key: {{ .tokenKey | quote }}
        path: token
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "registry.checkCatalog" -}}
{{- $catalog := .Values.catalog -}}
{{- if and $catalog.files (not $catalog.sources) -}}
  {{- fail "catalog.files: no source uses them; list the sources in catalog.sources, each with its file in properties.yamlCatalogPath" -}}
{{- end -}}
{{- if hasKey $catalog.files "sources.yaml" -}}
  {{- fail "catalog.files: sources.yaml: is generated from catalog.sources; rename the file" -}}
{{- end -}}
{{- range $section := list "model_catalogs" "catalogs" "mcp_catalogs" -}}
  {{- range $source := default list (get $catalog.sources $section) -}}
    {{- $path := default "" (dig "properties" "yamlCatalogPath" "" $source) -}}
    {{- if and (eq (default "" $source.type) "yaml") (not (hasPrefix "/" $path)) (not (hasKey $catalog.files $path)) -}}
      {{- fail (printf "catalog.sources.%s (%s): properties.yamlCatalogPath: %s is not in catalog.files" $section (default "" $source.id) (default "missing, and" $path)) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- if not (include "registry.hasCatalog" .) -}}
  {{- if or $catalog.performanceDirs $catalog.huggingFace.url $catalog.huggingFace.existingSecret -}}
    {{- fail "catalog: has no sources; list some in catalog.sources or catalog.existingConfigMaps" -}}
  {{- end -}}
{{- end -}}
{{- $bytes := 0 -}}
{{- range $name, $content := $catalog.files -}}
  {{- $bytes = add $bytes (len (include "registry.catalogFile" $content)) -}}
{{- end -}}
{{- if gt (int $bytes) 1000000 -}}
  {{- fail (printf "catalog.files: take %d bytes, but a ConfigMap holds at most 1 MiB; put them into several, and list those in catalog.existingConfigMaps, or use a volume and CATALOG_DATA_DIRS" (int $bytes)) -}}
{{- end -}}
{{- end }}

{{- /* A file as it is, where it is a text; else as YAML. */}}
{{- define "registry.catalogFile" -}}
{{- if kindIs "string" . }}{{ . }}{{ else }}{{ toYaml . }}{{ end -}}
{{- end }}
