{{- /*
The top level of the values. A values file of a platform, which `coordinationEngine`, `clusterGroup` or `global.pattern`
marks, has sections of other components: they are left alone, unless one is a misspelt section of this chart. Any other
values file has none but ours.
*/}}
{{- define "registry.ownSections" -}}
{{ .Files.Get "files/defaults.yaml" | fromYaml | keys | sortAlpha | join " " }} enabled crds
{{- end }}

{{- /* Whether the values are those of a platform, which has sections of other components and names of its own. */}}
{{- define "registry.isPlatform" -}}
{{- if or .Values.coordinationEngine .Values.clusterGroup (get .Values.global "pattern") }}true{{ end }}
{{- end }}

{{- /* The sections that are none of ours, with commas between them. One that is null is none. */}}
{{- define "registry.otherSections" -}}
{{- $own := include "registry.ownSections" . | splitList " " -}}
{{- $others := list -}}
{{- range $name, $section := .Values -}}
  {{- if not (or (has $name $own) (kindIs "invalid" $section)) }}{{ $others = append $others $name }}{{ end -}}
{{- end -}}
{{- $others | sortAlpha | join ", " -}}
{{- end }}

{{- define "registry.checkSections" -}}
{{- $own := include "registry.ownSections" . | splitList " " -}}
{{- $platform := include "registry.isPlatform" . | eq "true" -}}
{{- $problems := list -}}
{{- range $name := include "registry.otherSections" . | splitList ", " | compact -}}
  {{- /* Platforms have sections like models and features, which are nearly something here. */ -}}
  {{- $meant := include "registry.nearest" (list $name $own ($platform | ternary 1 64)) -}}
  {{- if and (eq $name "models") (not $platform) }}{{ $meant = "kserve.models" }}{{ end -}}
  {{- if $meant -}}
    {{- $problems = append $problems (printf "%s: unknown value; did you mean %s? If it is a section of another component, leave it out by --set %s=null" $name $meant $name) -}}
  {{- else if not $platform -}}
    {{- $problems = append $problems (printf "%s: unknown value; the README.md of the chart lists all. Sections of other components may stand in a values file that has coordinationEngine, clusterGroup or global.pattern" $name) -}}
  {{- end -}}
{{- end -}}
{{- range $name, $_ := .Values.coordinationEngine -}}
  {{- if and (ne $name "kserve") (include "registry.nearest" (list $name (list "kserve"))) -}}
    {{- $problems = append $problems (printf "coordinationEngine.%s: unknown value; did you mean kserve?" $name) -}}
  {{- end -}}
{{- end -}}
{{- if not $platform -}}
  {{- range $name := include "registry.otherRbac" . | splitList ", " | compact -}}
    {{- $problems = append $problems (printf "%s: is a value of the platform's chart; serviceAccount and rbac.create say it here" $name) -}}
  {{- end -}}
{{- end -}}
{{- if and (hasKey .Values "enabled") (not .Values.enabled) -}}
  {{- $problems = append $problems "enabled: false: leaves the chart out where the chart above it names it as the condition of this dependency, and has no meaning otherwise" -}}
{{- end -}}
{{- with $problems }}{{ fail (join "\n" .) }}{{ end -}}
{{- end }}

{{- /* Values of the platform's own `rbac`, which are about the accounts of other components. */}}
{{- define "registry.otherRbac" -}}
{{- $others := list -}}
{{- range $name := keys .Values.rbac | sortAlpha -}}
  {{- if not (has $name (list "create" "aggregateClusterRoles")) }}{{ $others = append $others (printf "rbac.%s" $name) }}{{ end -}}
{{- end -}}
{{- $others | join ", " -}}
{{- end }}

{{- /*
The word that a misspelt one was probably meant to be: the nearest within a third of its length, or within a number of
letters. Takes (list WORD KNOWN [LETTERS]).
*/}}
{{- define "registry.nearest" -}}
{{- $word := index . 0 | lower -}}
{{- $nearest := dict "distance" 64 "word" "" -}}
{{- range $known := index . 1 -}}
  {{- $limit := max 1 (div (len $known) 3) -}}
  {{- if gt (len $) 2 }}{{ $limit = index $ 2 | min $limit }}{{ end -}}
  {{- if and (le (sub (len $word) (len $known)) $limit) (le (sub (len $known) (len $word)) $limit) -}}
    {{- $distance := include "registry.editDistance" (list $word (lower $known)) | int64 -}}
    {{- if and (le $distance $limit) (lt $distance (get $nearest "distance")) -}}
      {{- $nearest = dict "distance" $distance "word" $known -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- get $nearest "word" -}}
{{- end }}

{{- /* Insertions, deletions, substitutions and swaps of neighbours that lead from one word to another. */}}
{{- define "registry.editDistance" -}}
{{- $a := splitList "" (index . 0) -}}
{{- $b := splitList "" (index . 1) -}}
{{- $beforePrevious := list -}}
{{- $previous := untilStep 0 (len $b | add1 | int) 1 -}}
{{- range $i, $x := $a -}}
  {{- $current := list (add1 $i) -}}
  {{- range $j, $y := $b -}}
    {{- $distance := min (add1 (index $previous (add1 $j))) (add1 (index $current $j)) (add (index $previous $j) (eq $x $y | ternary 0 1)) -}}
    {{- if and $i $j -}}
      {{- if and (eq $x (index $b (sub $j 1))) (eq $y (index $a (sub $i 1))) -}}
        {{- $distance = min $distance (add1 (index $beforePrevious (sub $j 1))) -}}
      {{- end -}}
    {{- end -}}
    {{- $current = append $current $distance -}}
  {{- end -}}
  {{- $beforePrevious = $previous -}}
  {{- $previous = $current -}}
{{- end -}}
{{- last $previous -}}
{{- end }}
