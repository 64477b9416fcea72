{{- /* A quantity of Kubernetes in bytes: 512Mi, 256M, 0.5Gi, 1e9, 1000000000. Empty where it is none. */}}
{{- define "registry.bytesOf" -}}
{{- $text := include "registry.scalar" . -}}
{{- $factors := dict "" 1.0 "m" 0.001 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "E" 1e18
      "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 "Pi" 1125899906842624.0 "Ei" 1152921504606846976.0 -}}
{{- if regexMatch "^[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?([kMGTPEm]|[KMGTPE]i)?$" $text -}}
  {{- $suffix := regexFind "([kMGTPEm]|[KMGTPE]i)?$" $text -}}
  {{- mulf (trimSuffix $suffix $text | float64) (get $factors $suffix) -}}
{{- end -}}
{{- end }}

{{- /* A quarter of the memory that the server may use, in MiB, within what MAX_BYTES_IN_MEMORY takes; empty without a limit. */}}
{{- define "registry.quarterOfMemory" -}}
{{- with dig "limits" "memory" "" .Values.resources -}}
  {{- with include "registry.bytesOf" . -}}
    {{- $quarter := divf (float64 .) 4194304.0 | floor -}}
    {{- min 65536 (max 1 (int64 $quarter)) -}}
  {{- end -}}
{{- end -}}
{{- end }}
