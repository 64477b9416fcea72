{{- /*
What is null or missing in the values takes its default, whole sections included. Helm takes null as "leave this key out",
after which `.Values.autoscaling.enabled` would be an error of the template. files/defaults.yaml is values.yaml, which
templates cannot read. Every template begins with this.
*/}}
{{- define "registry.prepare" -}}
{{- include "registry.fill" (list .Values (.Files.Get "files/defaults.yaml" | fromYaml)) -}}
{{- end }}

{{- /* Maps with keys of the user's choice are taken whole: in these, null means "without it". Takes (list VALUES DEFAULTS). */}}
{{- define "registry.fill" -}}
{{- $values := index . 0 -}}
{{- $whole := list "labels" "annotations" "resources" "strategy" "podSecurityContext" "securityContext" "startupProbe" "readinessProbe" "livenessProbe" "instanceSelector" -}}
{{- range $name, $default := index . 1 -}}
  {{- $value := get $values $name -}}
  {{- if or (not (hasKey $values $name)) (kindIs "invalid" $value) -}}
    {{- if not (kindIs "invalid" $default) }}{{ $_ := set $values $name $default }}{{ end -}}
  {{- else if and (kindIs "map" $default) (kindIs "map" $value) (not (has $name $whole)) -}}
    {{- include "registry.fill" (list $value $default) -}}
  {{- end -}}
{{- end -}}
{{- end }}
